import type { Fleet } from "../scheduler/index.ts";
import { createMemory, isSettledFor, type Memory, type Settled, stillSettled } from "./memory.ts";
import { drain, fence, forget, isEnded, isGone } from "./ops.ts";
import { placeAll } from "./placing.ts";
import { calm, type Planned, planAnew } from "./plan.ts";
import { evened } from "./rebalance.ts";
import { isReplaceable } from "./slots.ts";
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

const importantFirst = (a: WantedService, b: WantedService) =>
  b.request.priority - a.request.priority ||
  (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1);
