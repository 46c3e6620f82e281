import { durationMs, type HostReport, type Instance, type PlacementRules } from "../../contract/index.ts";
import { attributesOf, type Member, membersOf } from "../cluster/index.ts";
import { isExclusive } from "../fence/index.ts";
import {
  type Amounts,
  createFleet,
  type Fleet,
  type Machine,
  type Occupant,
  type Request,
  requestOf,
} from "../scheduler/index.ts";
import {
  type Desired,
  families,
  hostOfKey,
  keys,
  type Placed,
  type Reader,
  type Spec,
} from "../store/index.ts";
import { groupOf } from "./rebalance.ts";
import { newestSpecs } from "./specs.ts";
import type { Disconnect, PlacedInstance, View, WantedService } from "./types.ts";

/** All services, in order of namespace and name. */
export function servicesOf(store: Reader): Desired[] {
  return store
    .list(families.desired)
    .map(({ record }) => record)
    .filter(({ kind }) => kind === "Service");
}

/**
 * Whether a service or a revision of its workload is in the store and cannot be read: nothing is decided about it, and
 * what runs of it stays.
 */
export function createIsFrozen(
  store: Reader,
): (service: { readonly namespace: string; readonly name: string; readonly uid: string }) => boolean {
  const left = store.unreadable().map(({ key }) => key);
  if (left.length === 0) return () => false;
  return ({ namespace, name, uid }) =>
    left.some((key) => key === keys.desired(namespace, "Service", name) || key.startsWith(keys.specs(uid)));
}

export function placementsOf(store: Reader): { host: string; placed: Placed }[] {
  return store
    .list(families.placement)
    .flatMap(({ key, record }) => record.placements.map((placed) => ({ host: hostOfKey(key), placed })));
}

/** What the hosts last reported, by instance id. */
export function observedInstances(store: Reader): Map<string, Instance> {
  const instances = store.list(families.observed).flatMap(({ record }) => record.instances);
  return new Map(instances.map((instance) => [instance.id, instance]));
}

/**
 * How long a placement that was taken back before its host reported it counts as there: the host may have begun.
 * Milliseconds.
 */
export const unseenMs = 1_000;

/** What the servers know of a host's session; hosts answer where nobody says otherwise. */
export type HostStates = (host: string) => {
  readonly state: Machine["state"];
  readonly sinceMs: number;
  readonly absences?: number;
};

/** One machine is ready for as long as its agent lives. */
export const allReady: HostStates = () => ({ state: "ready", sinceMs: 0 });

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

/** Every host that has reported, as the scheduler sees it. */
export function machinesOf(store: Reader, states: HostStates = allReady): Machine[] {
  const members = membersOf(store);
  return store.list(families.observed).flatMap(({ record: { host } }) => {
    const member = host && members.get(host.name);
    return host && member ? [machineOf(host, member, states)] : [];
  });
}

function machineOf(host: HostReport, member: Member, states: HostStates): Machine {
  const { labels, taints, systemReserved, availability } = member;
  const { state, sinceMs, absences } = states(host.name);
  return {
    name: host.name,
    ...{ state, availability, taints, systemReserved },
    ...(state === "lost" && { lostMs: sinceMs }),
    ...(absences !== undefined && { absences }),
    capacity: host.capacity,
    facts: { ...labels, ...attributesOf(host) },
    ulimitCeilings: host.ulimitCeilings,
    missingCapabilities: host.missingCapabilities ?? [],
    fences: host.fences ?? false,
  };
}

/** The hosts with what is placed on them; `except` leaves out one service's instances. */
export function fleetOf(store: Reader, except?: string, states: HostStates = allReady): Fleet {
  const requests = createRequests(store);
  const placements = placementsOf(store).filter(({ placed }) => placed.serviceUid !== except);
  const occupants = placements.map(({ host, placed }) => occupantOf(host, placed, requests));
  return createFleet(machinesOf(store, states), occupants);
}

function occupantOf(host: string, placed: Placed, requests: Requests): Occupant {
  const { id, want } = placed;
  return { id, host, request: requests(placed), group: groupOf(placed), leaving: want === "drain" };
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** What the instances placed on each host reserve together. */
export function reservedByHost(store: Reader): ReadonlyMap<string, Amounts> {
  const requests = createRequests(store);
  const byHost = Map.groupBy(placementsOf(store), ({ host }) => host);
  return new Map(
    [...byHost].map(([host, placements]) => {
      const there = placements.map(({ placed }) => requests(placed));
      // Sums of decimal fractions, to a thousandth of a core.
      const cpu = Math.round(there.reduce((sum, one) => sum + one.cpu, 0) * 1000) / 1000;
      return [host, { cpu, memory: there.reduce((sum, one) => sum + one.memory, 0) }];
    }),
  );
}

type Requests = (of: Pick<Placed, "serviceUid" | "revision" | "namespace" | "service">) => Request;

/** What a revision's instances reserve, and where their service wants them now; one object a revision. */
function createRequests(store: Reader): Requests {
  const made = new Map<string, Request>();
  return ({ serviceUid, revision, namespace, service }) => {
    const key = keys.spec(serviceUid, revision);
    const known = made.get(key);
    if (known) return known;
    const workload = store.get(families.spec, key)?.record.inputs ?? {};
    const desired = store.get(families.desired, keys.desired(namespace, "Service", service))?.record;
    const rules = desired?.uid === serviceUid ? placementIn(desired) : undefined;
    const request = requestOf({ namespace, name: service }, workload, rules);
    made.set(key, request);
    return request;
  };
}

export const placementIn = ({ inputs }: Pick<Desired, "inputs">) =>
  inputs.placement as Partial<PlacementRules> | undefined;

interface ServiceInputs {
  readonly replicas: number;
  readonly perHost?: boolean;
  readonly exclusive?: boolean;
  readonly update?: {
    readonly strategy?: "start-first" | "stop-first";
    readonly maxSurge?: number;
    readonly maxUnavailable?: number;
  };
  readonly mounts?: readonly { readonly hostPath?: unknown; readonly readOnly?: boolean }[];
  readonly disconnect?: { readonly replaceAfter?: string; readonly reconcile?: Disconnect["reconcile"] };
}

/** undefined until its first revision is stored. */
function wantedService(
  service: Desired,
  spec: Spec | undefined,
  requests: Requests,
): WantedService | undefined {
  if (!spec) return undefined;
  const { uid, namespace, name } = service;
  const inputs = service.inputs as unknown as ServiceInputs;
  const { update = {}, mounts = [], disconnect = {} } = inputs;
  // Two writers on one folder of the host is how data dies.
  const isAlone =
    inputs.exclusive === true ||
    mounts.some(({ hostPath, readOnly }) => hostPath !== undefined && readOnly !== true);
  return {
    ...{ uid, namespace, name },
    replicas: inputs.replicas,
    perHost: inputs.perHost ?? false,
    strategy: update.strategy ?? (isAlone ? "stop-first" : "start-first"),
    maxSurge: update.maxSurge ?? 1,
    maxUnavailable: update.maxUnavailable ?? 1,
    specRevision: spec.revision,
    request: requests({ serviceUid: uid, revision: spec.revision, namespace, service: name }),
    disconnect: {
      replaceAfterMs: durationMs(disconnect.replaceAfter ?? "") ?? 0,
      reconcile: disconnect.reconcile ?? "replacement",
    },
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
