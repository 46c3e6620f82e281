import type { Instance } from "../../contract/index.ts";
import { isExclusive } from "../fence/index.ts";
import type { Request } from "../scheduler/index.ts";
import type { Placed, Reader } from "../store/index.ts";
import { allReady, createRequests, type HostStates, machinesOf, occupantOf } from "./fleet.ts";
import { newestSpecs } from "./specs.ts";
import { createIsFrozen, observedInstances, placementsOf, servicesOf } from "./stored.ts";
import type { PlacedInstance, View } from "./types.ts";
import { wantedService } from "./wanted.ts";

/**
 * How long a placement that was taken back before its host reported it counts as there: the host may have begun.
 * Milliseconds.
 */
export const unseenMs = 1_000;

/** For how many milliseconds an exclusive instance may go on without another word of a server. */
export type Remaining = (id: string) => number;

/** Everything the leader decides on, read from the store's cache. `seen`: ids that a host has reported so far. */
export function observe(
  store: Reader,
  seen: ReadonlySet<string>,
  now: Date,
  states: HostStates = allReady,
  remainingMs: Remaining = () => 0,
): View {
  const observed = observedInstances(store);
  const isRecent = (at: string) => {
    const ageMs = now.getTime() - Date.parse(at);
    return ageMs >= 0 && ageMs < unseenMs; // A negative age tells that the clock was set back, not how long ago.
  };
  const mayBePresent = ({ id, at }: Placed) => observed.has(id) || (!seen.has(id) && isRecent(at));
  const fenceOf = (placed: Placed) =>
    isExclusive(store, placed)
      ? { remainingMs: remainingMs(placed.id), isFenced: placed.isFenced ?? false }
      : undefined;
  const presence = (placed: Placed) => {
    const exclusive = fenceOf(placed);
    if (exclusive === undefined) return { present: mayBePresent(placed) };
    // What a host said last is no news once it is given up, and what it has not told of may run all the same.
    const mayRun = exclusive.remainingMs > 0;
    const present = exclusive.isFenced
      ? mayRun && !isOver(placed.id)
      : observed.has(placed.id) || (!seen.has(placed.id) && mayRun);
    return { present, exclusive };
  };
  /** Its host answers, and reports without it. */
  const isOver = (id: string) => seen.has(id) && !observed.has(id);
  const requests = createRequests(store);
  const specs = newestSpecs(store);
  const isFrozen = createIsFrozen(store);
  const [frozen, decidable] = parted(placementsOf(store), ({ placed }) =>
    isFrozen({ namespace: placed.namespace, name: placed.service, uid: placed.serviceUid }),
  );
  return {
    services: servicesOf(store)
      .filter((service) => !isFrozen(service))
      .flatMap((service) => wantedService(service, specs.get(service.uid), requests) ?? []),
    instances: decidable.map(({ host, placed }) =>
      placedInstance(host, placed, observed.get(placed.id), presence(placed), requests(placed)),
    ),
    others: frozen.map(({ host, placed }) => occupantOf(host, placed, requests)),
    machines: machinesOf(store, states),
  };
}

function placedInstance(
  host: string,
  placed: Placed,
  observed: Instance | undefined,
  presence: Pick<PlacedInstance, "present" | "exclusive">,
  request: Request,
): PlacedInstance {
  const { id, serviceUid, namespace, service, index, revision, want, isMoving = false, at } = placed;
  const healthy = observed?.state === "running" && observed.healthy;
  return {
    ...{ id, serviceUid, namespace, service, index, host, revision },
    ...{ want, isMoving, healthy, at, request },
    ...presence,
  };
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
