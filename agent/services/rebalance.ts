import { bestHost, type Fleet, occupantOf } from "../scheduler/index.ts";
import { move } from "./ops.ts";
import type { Slot } from "./slots.ts";
import type { Op, PlacedInstance, WantedService } from "./types.ts";

/** Moves under way at once, in the whole cluster; one a service. */
const mostMoves = 10;

/** The place of a service that has the most of its instances, where that is more than one; by some label. */
export interface Crowd {
  readonly crowded: readonly PlacedInstance[];
  /** How many instances a host's place has. */
  readonly countAt: (host: string) => number;
}

/**
 * Where a service's instances crowd: only where all is well, so that they may be spread more evenly. Whatever is on the hosts
 * beside them: it follows from their slots and the hosts' labels.
 */
export function crowdsOf(service: WantedService, slots: readonly Slot[], fleet: Fleet): Crowd[] {
  const { request, strategy, perHost } = service;
  const isCalm = slots.every(
    ({ current, outdated, extra }) => current?.healthy && !outdated && extra.length === 0,
  );
  if (perHost || strategy === "stop-first" || request.strategy !== "spread" || !isCalm) return [];
  const placed = slots.flatMap(({ current }) => current ?? []);
  return [...request.spread.map((rule) => rule.key), "host.name"].flatMap((key) => {
    const { of } = fleet.domains(key);
    const domainOf = (host: string) => of[fleet.indexOf.get(host) ?? -1] ?? -1;
    const byDomain = Map.groupBy(placed, ({ host }) => domainOf(host));
    const crowded = [...byDomain.values()].reduce<PlacedInstance[]>(
      (most, one) => (one.length > most.length ? one : most),
      [],
    );
    if (crowded.length < 2) return [];
    return [{ crowded, countAt: (host) => byDomain.get(domainOf(host))?.length ?? 0 }];
  });
}

/** One move each of as many services as may be under way; `crowds` is undefined where not all is well. */
export function evened(
  planned: readonly { readonly service: WantedService; readonly crowds: readonly Crowd[] | undefined }[],
  instances: readonly PlacedInstance[],
  fleet: Fleet,
): Op[] {
  const underWay = instances.filter(({ isMoving, want }) => isMoving && want === "run").length;
  const ops: Op[] = [];
  for (const { service, crowds = [] } of planned) {
    if (underWay + ops.length >= mostMoves) break;
    const op = evenOut(service, crowds, fleet);
    if (op) ops.push(op);
  }
  return ops;
}

/**
 * One slot of a service that is to move so that its instances are spread more evenly: a host has joined, or come
 * back. Only what takes two off a difference: each move brings it nearer to an end.
 */
function evenOut(service: WantedService, crowds: readonly Crowd[], fleet: Fleet): Op | undefined {
  for (const { crowded, countAt } of crowds) {
    const instance = crowded.at(-1);
    const target = instance && hostWithout(fleet, service, instance);
    if (instance === undefined || target === undefined) continue;
    const there = countAt(target);
    if (crowded.length - there >= 2)
      return move(instance, `${target} has ${there} of ${service.name}, its place ${crowded.length}`);
  }
  return undefined;
}

/** Where an instance would go, were it placed anew. */
function hostWithout(fleet: Fleet, { request }: WantedService, instance: PlacedInstance): string | undefined {
  const group = groupOf(instance);
  const occupant = { ...occupantOf({ key: instance.id, request: instance.request, group }, instance.host) };
  fleet.take(occupant);
  const found = bestHost(fleet, { request, group });
  fleet.put(occupant);
  return fleet.machines[found]?.name;
}

/** Instances of one revision are spread among each other. */
export const groupOf = ({ serviceUid, revision }: Pick<PlacedInstance, "serviceUid" | "revision">): string =>
  `${serviceUid}/${revision}`;
