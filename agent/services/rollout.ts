import { drain } from "./ops.ts";
import { bestFirst, type Outdated, type Slot } from "./slots.ts";
import type { Op, PlacedInstance, WantedService } from "./types.ts";

export interface Plan {
  readonly drains: Op[];
  readonly places: { readonly slot: Slot; readonly reason: string }[];
}

/** The new one is placed beside the old one, which goes once the new one is healthy. */
export function startFirst(service: WantedService, slots: readonly Slot[]): Plan {
  const plan: Plan = { drains: [], places: [] };
  let surge = slots.filter(({ current, outdated }) => current && outdated && !current.healthy).length;
  for (const slot of slots) {
    const { current, outdated, extra, wanted } = slot;
    plan.drains.push(...extra.map((instance) => drain(instance, "its slot has another instance")));
    if (current?.healthy && outdated) plan.drains.push(retire(service, outdated));
    if (!current && !outdated) plan.places.push({ slot, reason: wanted });
    if (!current && outdated && surge < service.maxSurge) {
      surge += 1;
      plan.places.push({ slot, reason: outdated.reason });
    }
  }
  return plan;
}

/**
 * The old one goes, and the new one is placed once nothing of the old one is left.
 * @param hasRoom whether another host takes the slot's instance: without one, what could stay stays.
 */
export function stopFirst(
  service: WantedService,
  slots: readonly Slot[],
  leaving: ReadonlySet<number>,
  hasRoom: (slot: Slot) => boolean,
): Plan {
  const plan: Plan = { drains: [], places: [] };
  const leastHealthy = slots.length - service.maxUnavailable;
  let healthy = slots.filter((slot) => slot.healthy).length;
  let moving = slots.filter((slot) => !slot.outdated && !slot.healthy).length;
  // Slots that serve nobody lose nothing: they go first.
  for (const slot of [...slots].sort((a, b) => Number(a.healthy) - Number(b.healthy) || a.index - b.index)) {
    const { index, current, outdated, extra, wanted } = slot;
    plan.drains.push(...extra.map((instance) => drain(instance, "its slot has another instance")));
    if (!current && !outdated && !leaving.has(index)) plan.places.push({ slot, reason: wanted });
    if (!outdated) continue;
    const affordable = moving < service.maxUnavailable && (!slot.healthy || healthy - 1 >= leastHealthy);
    if (!current?.healthy && !affordable) continue;
    if (outdated.isMove && !current && !hasRoom(slot)) {
      plan.places.push({ slot, reason: outdated.reason });
      continue;
    }
    plan.drains.push(retire(service, outdated));
    if (current?.healthy) continue;
    moving += 1;
    if (slot.healthy) healthy -= 1;
  }
  return plan;
}

/** Instances beyond the slots: unhealthy and outdated first; healthy ones only while enough others are healthy. */
export function surplus(
  service: WantedService,
  slots: readonly Slot[],
  mine: readonly PlacedInstance[],
): Op[] {
  const { strategy, maxUnavailable, perHost } = service;
  const indices = new Set(slots.map(({ index }) => index));
  const hosts = new Set(slots.map(({ only }) => only));
  const isBeyond = ({ index, host }: PlacedInstance) => (perHost ? !hosts.has(host) : !indices.has(index));
  const reason = perHost ? "its host takes it no longer" : `replicas lowered to ${service.replicas}`;
  const least = strategy === "start-first" ? slots.length : Math.max(0, slots.length - maxUnavailable);
  let healthy = new Set(mine.filter((instance) => instance.healthy).map(({ index }) => index)).size;
  const best = bestFirst(service);
  return mine
    .filter(isBeyond)
    .sort((a, b) => best(b, a) || b.index - a.index)
    .flatMap((instance) => {
      // A host that takes it no longer is not waited for.
      if (!perHost && instance.healthy && healthy - 1 < least) return [];
      if (instance.healthy) healthy -= 1;
      return [drain(instance, reason)];
    });
}

function retire({ specRevision }: WantedService, { instance, reason, isMove }: Outdated): Op {
  return drain(instance, isMove ? `moved: ${reason}` : `replaced by revision ${specRevision}`);
}
