import {
  type BatchWant,
  bestHost,
  chooseBatch,
  createFleet,
  describeRejections,
  type Fleet,
  type Occupant,
  rejectionsOf,
} from "../scheduler/index.ts";
import { drain, fence, forget, place, slotName } from "./ops.ts";
import { evenOut, groupOf, mostMoves } from "./rebalance.ts";
import { type Plan, startFirst, stopFirst, surplus } from "./rollout.ts";
import { createRoom } from "./room.ts";
import { isReplaceable, type Slot, slotsOf } from "./slots.ts";
import type { Decision, Op, PlacedInstance, View, WantedService } from "./types.ts";

/**
 * What the leader does next. Pure: the same view, the same decision; carried out, it decides nothing more.
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
export function decide({ services, instances, machines, others = [] }: View): Decision {
  const there = instances.filter((one) => !isGone(one)).map(occupant);
  const fleet = createFleet(machines, [...there, ...others]);
  const byService = Map.groupBy(instances, ({ serviceUid }) => serviceUid);
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
  const planned = [...services].sort(importantFirst).map((service) => {
    const mine = (byService.get(service.uid) ?? []).filter((one) => one.want === "run" && !givenUp.has(one));
    const slots = slotsOf(service, mine, fleet, (byService.get(service.uid) ?? []).filter(isEnded));
    wanted.set(service.uid, slots.length);
    const leaving = leavingSlots(service, draining.get(`${service.namespace}/${service.name}`) ?? [], fleet);
    const plan = planOf(service, slots, leaving, fleet);
    const drains = [...surplus(service, slots, mine), ...plan.drains];
    ops.push(...drains);
    const isCalm = drains.length + plan.places.length + leaving.size === 0;
    return { service, slots, places: plan.places, isCalm };
  });
  const { places, rejections } = placeAll(planned, instances, fleet);
  ops.push(...places, ...evened(planned, instances, fleet));
  return { ops, rejections, wanted };
}

interface Planned {
  readonly service: WantedService;
  readonly slots: readonly Slot[];
  readonly places: Plan["places"];
  readonly isCalm: boolean;
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
  const running = new Map(instances.filter(({ want }) => want === "run").map((one) => [one.id, one]));
  const makeRoom = createRoom(fleet, ({ id }) => running.has(id));
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
      const victims = room?.victims.flatMap(({ id }) => running.get(id) ?? []) ?? [];
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
  for (const { service, slots, isCalm } of planned) {
    if (underWay + ops.length >= mostMoves) break;
    const op = isCalm ? evenOut(service, slots, fleet) : undefined;
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

/** Nothing of it is left on its host. */
const isGone = ({ want, present }: PlacedInstance) => want === "drain" && !present;

function occupant(instance: PlacedInstance): Occupant {
  const { id, host, request, want } = instance;
  return { id, host, request, group: groupOf(instance), leaving: want === "drain" };
}

const importantFirst = (a: WantedService, b: WantedService) =>
  b.request.priority - a.request.priority ||
  (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1);
