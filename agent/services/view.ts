import type { Instance } from "../../contract/index.ts";
import { isExclusive } from "../fence/index.ts";
import type { Request } from "../scheduler/index.ts";
import {
  families,
  hostOfKey,
  keys,
  type ObservedRecord,
  type Placed,
  type PlacementRecord,
  type Reader,
} from "../store/index.ts";
import { allReady, createRequests, type HostStates, machinesOf, occupantOf, type Requests } from "./fleet.ts";
import type { Seen } from "./seen.ts";
import { createSight, type Sight } from "./sight.ts";
import { newestSpecs } from "./specs.ts";
import { createIsFrozen, servicesOf } from "./stored.ts";
import type { HostView, PlacedInstance, View } from "./types.ts";
import { wantedService } from "./wanted.ts";

/**
 * How long a placement that was taken back before its host reported it counts as there: the host may have begun.
 * Milliseconds.
 */
export const unseenMs = 1_000;

/** For how many milliseconds an exclusive instance may go on without another word of a server. */
export type Remaining = (id: string) => number;

/**
 * Everything the leader decides on, read from the store's cache. `sight`, of the views before, changes only how much is looked
 * at, and makes the same objects of what is the same.
 */
export function observe(
  store: Reader,
  seen: Pick<Seen, "has">,
  now: Date,
  states: HostStates = allReady,
  remainingMs: Remaining = () => 0,
  sight: Sight = createSight(),
): View {
  const requests = createRequests(store, sight.requests);
  const specs = newestSpecs(store);
  const isFrozen = createIsFrozen(store);
  const documents = servicesOf(store);
  sight.begin(documents);
  const services = sight.services(
    documents
      .filter((service) => !isFrozen(service))
      .flatMap((service) => wantedService(service, specs.get(service.uid), requests) ?? []),
  );
  const around = { store, seen, now, remainingMs, requests, isFrozen };
  const unreadable = store.unreadable();
  const hosts = [...recordsByHost(store)].map(([host, { placements, observations }]) => {
    const records = [...placements, ...observations, ...unreadable];
    return sight.host(host, records, () => hostView(host, { placements, observations }, around));
  });
  const longestWaitMs = Math.max(0, ...services.map(({ disconnect }) => disconnect.replaceAfterMs));
  return {
    services,
    instances: hosts.flatMap(({ instances }) => instances),
    others: hosts.flatMap(({ others }) => others),
    machines: sight.machines(machinesOf(store, states, longestWaitMs)),
  };
}

interface HostRecords {
  readonly placements: PlacementRecord[];
  readonly observations: ObservedRecord[];
}

/** Of each host that anything is placed on. */
function recordsByHost(store: Reader): ReadonlyMap<string, HostRecords> {
  const hosts = new Map<string, HostRecords>();
  for (const { key, record } of store.list(families.placement)) {
    const known = hosts.get(hostOfKey(key)) ?? { placements: [], observations: [] };
    known.placements.push(record);
    hosts.set(hostOfKey(key), known);
  }
  for (const { key, record } of store.list(families.observed))
    hosts.get(hostOfKey(key))?.observations.push(record);
  return hosts;
}

interface Around {
  readonly store: Reader;
  readonly seen: Pick<Seen, "has">;
  readonly now: Date;
  readonly remainingMs: Remaining;
  readonly requests: Requests;
  readonly isFrozen: ReturnType<typeof createIsFrozen>;
}

/** What is placed on a host, with what it last said of it. */
function hostView(host: string, { placements, observations }: HostRecords, around: Around): HostView {
  const all = placements.flatMap((record) => record.placements);
  const observed = new Map(observations.flatMap(({ instances }) => instances).map((one) => [one.id, one]));
  const { store, requests, isFrozen } = around;
  const isDecided = ({ namespace, service, serviceUid }: Placed) =>
    !isFrozen({ namespace, name: service, uid: serviceUid });
  const decided = all.filter(isDecided);
  const instances = decided.map((placed) =>
    placedInstance(
      host,
      placed,
      observed.get(placed.id),
      presenceOf(placed, observed, around),
      requests(placed),
    ),
  );
  return {
    instances,
    others: all.filter((placed) => !isDecided(placed)).map((placed) => occupantOf(host, placed, requests)),
    isLasting: decided.every(
      (placed) => placed.want === "run" && observed.has(placed.id) && isOrdinary(store, placed),
    ),
  };
}

/** What it runs is known, and may run twice. */
function isOrdinary(store: Reader, placed: Placed): boolean {
  const spec = store.get(families.spec, keys.spec(placed.serviceUid, placed.revision));
  return spec !== undefined && !isExclusive(store, placed);
}

/** Whether anything of it may be on its host, and for how long where it runs once at most. */
function presenceOf(
  placed: Placed,
  observed: ReadonlyMap<string, Instance>,
  { store, seen, now, remainingMs }: Around,
): Pick<PlacedInstance, "present" | "exclusive"> {
  const { id, at, isFenced = false } = placed;
  if (!isExclusive(store, placed)) {
    const ageMs = now.getTime() - Date.parse(at);
    // A negative age tells that the clock was set back, not how long ago.
    const isRecent = ageMs >= 0 && ageMs < unseenMs;
    return { present: observed.has(id) || (!seen.has(id) && isRecent) };
  }
  const exclusive = { remainingMs: remainingMs(id), isFenced };
  // What a host said last is no news once it is given up, and what it has not told of may run all the same.
  const mayRun = exclusive.remainingMs > 0;
  /** Its host answers, and reports without it. */
  const isOver = seen.has(id) && !observed.has(id);
  const present = isFenced ? mayRun && !isOver : observed.has(id) || (!seen.has(id) && mayRun);
  return { present, exclusive };
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
