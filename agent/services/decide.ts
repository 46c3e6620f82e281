import {
  type BatchWant,
  bestHost,
  chooseBatch,
  describeRejections,
  type Fleet,
  rejectionsOf,
} from "../scheduler/index.ts";
import { createMemory, isSettledFor, type Memory, type Settled, stillSettled } from "./memory.ts";
import { drain, fence, forget, isGone, place, slotName } from "./ops.ts";
import { type Crowd, crowdsOf, evenOut, groupOf, mostMoves } from "./rebalance.ts";
import { type Plan, startFirst, stopFirst, surplus } from "./rollout.ts";
import { createRoom } from "./room.ts";
import { isReplaceable, type Slot, slotsOf } from "./slots.ts";
import type { Decision, Op, PlacedInstance, View, WantedService } from "./types.ts";

/**
 * What the leader does next. Pure: the same view, the same decision; carried out, it decides nothing more. `memory`, of the
 * decisions before, changes only how much is looked at.
 *
 * - Every wanted slot gets an instance of the newest revision, on a host that its rules allow.
 * - start-first: the new one is placed beside the old one (at most `maxSurge` at once), which goes once the new one
 *   is healthy. No slot that was healthy is ever without a healthy instance.
 * - stop-first: the old one goes, and the new one is placed once nothing of the old one is left; at most
 *   `maxUnavailable` slots are on their way at once. A new revision that never gets healthy stops there.
 * - What must leave its host (it drains, has a taint, is no longer allowed) moves in the same two ways.
 * - An exclusive instance whose host is lost long enough is given up first; its slot stays empty until it cannot run there
 *   any more.
 * - Where no host has room, instances of a lower priority are stopped; those of an equal one never.
 */
export function decide(view: View, memory: Memory = createMemory()): Decision {
  const { services, instances } = view;
  const fleet = fleetOf(view, memory);
  const byService = memory.byService(instances);
  const known = new Map(services.map((service) => [service.uid, service]));
  const isGivenUp = ({ host, serviceUid, exclusive }: PlacedInstance) =>
    exclusive !== undefined &&
    !exclusive.isFenced &&
    isReplaceable(known.get(serviceUid), fleet.machines[fleet.indexOf.get(host) ?? -1]);
  const givenUp = new Set(instances.filter((instance) => !isGone(instance) && isGivenUp(instance)));
  const draining = Map.groupBy(
    instances.filter((one) => (one.want === "drain" && !isEnded(one)) || givenUp.has(one)),
    ({ namespace, service }) => `${namespace}/${service}`,
  );
  const ops: Op[] = [
    ...[...givenUp].map(fence),
    ...instances.filter(isGone).map(forget),
    ...instances
      .filter((one) => one.want === "run" && !known.has(one.serviceUid) && !givenUp.has(one))
      .map((orphan) => drain(orphan, "service deleted")),
  ];
  const wanted = new Map<string, number>();
  const settled = new Map<string, Settled>();
  const planned = [...services].sort(importantFirst).map((service): Planned => {
    const group = byService.get(service.uid);
    const leavers = draining.get(`${service.namespace}/${service.name}`) ?? [];
    const found = leavers.length === 0 && stillSettled(memory, { service, group, machines: fleet.machines });
    const plan = found ? calm(found) : planAnew(service, group ?? [], leavers, givenUp, fleet);
    wanted.set(service.uid, plan.slots.length);
    ops.push(...plan.drains);
    const { slots, crowds } = plan;
    if (crowds && isSettledFor(service, slots))
      settled.set(service.uid, found || { service, group, machines: fleet.machines, slots, crowds });
    return plan;
  });
  memory.settled = settled;
  const { places, rejections } = placeAll(planned, instances, fleet);
  ops.push(...places, ...evened(planned, instances, fleet));
  return { ops, rejections, wanted };
}

/** The hosts with what is on them. */
function fleetOf({ instances, machines, others = [] }: View, { byHost, occupantsOf, ledger }: Memory): Fleet {
  const there = new Map([...byHost(instances)].map(([host, list]) => [host, occupantsOf(list)]));
  for (const [host, list] of Map.groupBy(others, ({ host }) => host))
    there.set(host, [...(there.get(host) ?? []), ...list]);
  return ledger.open(machines, there);
}

interface Planned extends Plan {
  readonly service: WantedService;
  readonly slots: readonly Slot[];
  /** undefined: not all is well. */
  readonly crowds: readonly Crowd[] | undefined;
}

const calm = ({ service, slots, crowds }: Settled): Planned => ({
  ...{ service, slots, crowds, drains: [], places: [] },
});

function planAnew(
  service: WantedService,
  group: readonly PlacedInstance[],
  leavers: readonly PlacedInstance[],
  givenUp: ReadonlySet<PlacedInstance>,
  fleet: Fleet,
): Planned {
  const mine = group.filter((one) => one.want === "run" && !givenUp.has(one));
  const slots = slotsOf(service, mine, fleet, group.filter(isEnded));
  const leaving = leavingSlots(service, leavers, fleet);
  const plan = planOf(service, slots, leaving, fleet);
  const drains = [...surplus(service, slots, mine), ...plan.drains];
  const isCalm = drains.length + plan.places.length + leaving.size === 0;
  const crowds = isCalm ? crowdsOf(service, slots, fleet) : undefined;
  return { service, slots, crowds, drains, places: plan.places };
}

function planOf(service: WantedService, slots: readonly Slot[], leaving: ReadonlySet<number>, fleet: Fleet) {
  if (service.strategy === "start-first") return startFirst(service, slots);
  return stopFirst(service, slots, leaving, (slot) => bestHost(fleet, wantOf(service, slot)) !== -1);
}

/** Slots of which something is still stopping; nobody waits for a lost host, but for what must run once at most. */
function leavingSlots(service: WantedService, draining: readonly PlacedInstance[], fleet: Fleet) {
  const isLost = ({ host }: PlacedInstance) =>
    isReplaceable(service, fleet.machines[fleet.indexOf.get(host) ?? -1]);
  const isAwaited = (instance: PlacedInstance) => instance.exclusive !== undefined || !isLost(instance);
  return new Set(draining.filter(isAwaited).map(({ index }) => index));
}

interface Wanted {
  readonly service: WantedService;
  readonly slot: Slot;
  readonly reason: string;
  readonly want: BatchWant;
}

/**
 * Chooses hosts for all that are equally important together; where none takes a slot, room may be made for it before
 * anything less important gets a place.
 */
function placeAll(planned: readonly Planned[], instances: readonly PlacedInstance[], fleet: Fleet) {
  const rejections = new Map<string, { slot: string; message: string }[]>();
  const ops: Op[] = [];
  const wanted = planned.flatMap(({ service, places }) =>
    places.map(({ slot, reason }): Wanted => ({ service, slot, reason, want: wantOf(service, slot) })),
  );
  let known: ReadonlyMap<string, PlacedInstance> | undefined;
  const running = () => {
    known ??= new Map(instances.filter(({ want }) => want === "run").map((one) => [one.id, one]));
    return known;
  };
  const makeRoom = createRoom(fleet, ({ id }) => running().has(id));
  // Planned the most important first.
  for (const level of Map.groupBy(wanted, ({ service }) => service.request.priority).values()) {
    const wants = level.map(({ want }) => want);
    const choices = chooseBatch(fleet, wants);
    for (const { service, slot, reason, want } of level) {
      const choice = choices.get(want.key);
      if (choice && "host" in choice) {
        ops.push(place(service, slot.index, choice.host, reason));
        continue;
      }
      const name = slotName(service, slot.index);
      const room = makeRoom(want);
      const why = `makes room for ${name}, which has priority ${want.request.priority}`;
      const victims = room?.victims.flatMap(({ id }) => running().get(id) ?? []) ?? [];
      ops.push(...victims.map((victim) => drain(victim, why)));
      // What only evens out the load waits until it can.
      if (room || slot.outdated?.instance.isMoving) continue;
      const message = describeRejections(rejectionsOf(fleet, want));
      rejections.set(service.uid, [...(rejections.get(service.uid) ?? []), { slot: name, message }]);
    }
  }
  return { places: ops, rejections };
}

function evened(planned: readonly Planned[], instances: readonly PlacedInstance[], fleet: Fleet): Op[] {
  const underWay = instances.filter(({ isMoving, want }) => isMoving && want === "run").length;
  const ops: Op[] = [];
  for (const { service, crowds = [] } of planned) {
    if (underWay + ops.length >= mostMoves) break;
    const op = evenOut(service, crowds, fleet);
    if (op) ops.push(op);
  }
  return ops;
}

function wantOf(service: WantedService, { index, only }: Slot): BatchWant {
  const { uid, namespace, request, specRevision } = service;
  const group = groupOf({ serviceUid: uid, revision: specRevision });
  const key = `${namespace}/${slotName(service, index)}`;
  return { key, request, group, ...(only !== undefined && { only }) };
}

/** It was given up, and can run no more: its slot's next one need not wait until it is forgotten as well. */
const isEnded = (one: PlacedInstance) => isGone(one) && one.exclusive?.isFenced === true;

const importantFirst = (a: WantedService, b: WantedService) =>
  b.request.priority - a.request.priority ||
  (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1);
