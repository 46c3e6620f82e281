import { type BatchWant, bestHost, type Fleet } from "../scheduler/index.ts";
import type { Settled } from "./memory.ts";
import { isEnded, slotName } from "./ops.ts";
import { type Crowd, crowdsOf, groupOf } from "./rebalance.ts";
import { type Plan, startFirst, stopFirst, surplus } from "./rollout.ts";
import { isReplaceable, type Slot, slotsOf } from "./slots.ts";
import type { PlacedInstance, WantedService } from "./types.ts";

/** What one service wants of its slots. */
export interface Planned extends Plan {
  readonly service: WantedService;
  readonly slots: readonly Slot[];
  /** undefined: not all is well. */
  readonly crowds: readonly Crowd[] | undefined;
}

/** As it was found before: nothing is wanted. */
export const calm = ({ service, slots, crowds }: Settled): Planned => ({
  ...{ service, slots, crowds, drains: [], places: [] },
});

/** `leavers`: what is on its way out by the service's name, of an earlier service of that name as well. */
export function planAnew(
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

/** An instance for a slot, as the scheduler is asked for a host. */
export function wantOf(service: WantedService, { index, only }: Slot): BatchWant {
  const { uid, namespace, request, specRevision } = service;
  const group = groupOf({ serviceUid: uid, revision: specRevision });
  const key = `${namespace}/${slotName(service, index)}`;
  return { key, request, group, ...(only !== undefined && { only }) };
}
