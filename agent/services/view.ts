import type { Instance } from "../../contract/index.ts";
import { membersOf } from "../cluster/index.ts";
import { type HostCapacity, requestOf } from "../scheduler/index.ts";
import {
  type Desired,
  families,
  hostOfKey,
  keys,
  type Placed,
  type Reader,
  type Spec,
} from "../store/index.ts";
import { newestSpecs } from "./specs.ts";
import type { PlacedInstance, View, WantedService } from "./types.ts";

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

/** Everything the leader decides on, read from the store's cache. `seen`: ids that a host has reported so far. */
export function observe(store: Reader, seen: ReadonlySet<string>, now: Date): View {
  const observed = observedInstances(store);
  const isRecent = (at: string) => {
    const ageMs = now.getTime() - Date.parse(at);
    return ageMs >= 0 && ageMs < unseenMs; // A negative age tells that the clock was set back, not how long ago.
  };
  const mayBePresent = ({ id, at }: Placed) => observed.has(id) || (!seen.has(id) && isRecent(at));
  const placements = placementsOf(store);
  const specs = newestSpecs(store);
  const isFrozen = createIsFrozen(store);
  return {
    services: servicesOf(store)
      .filter((service) => !isFrozen(service))
      .flatMap((service) => wantedService(service, specs.get(service.uid)) ?? []),
    instances: placements
      .filter(({ placed: { namespace, service, serviceUid } }) => {
        return !isFrozen({ namespace, name: service, uid: serviceUid });
      })
      .map(({ host, placed }) => placedInstance(host, placed, observed.get(placed.id), mayBePresent(placed))),
    hosts: hostCapacities(store),
  };
}

/** Every host that has reported, with what is placed there; `except` leaves out one service's share. */
export function hostCapacities(store: Reader, except?: string): HostCapacity[] {
  const placements = placementsOf(store).filter(({ placed }) => placed.serviceUid !== except);
  const byHost = Map.groupBy(placements, ({ host }) => host);
  const specs = newestSpecs(store);
  const members = membersOf(store);
  return store.list(families.observed).flatMap(({ record: { host } }) => {
    const member = host && members.get(host.name);
    if (!host || !member) return [];
    const there = (byHost.get(host.name) ?? []).map(({ placed }) =>
      requestOf(specs.get(placed.serviceUid)?.inputs ?? {}),
    );
    const reserved = {
      // Sums of decimal fractions, to a thousandth of a core.
      cpu: Math.round(there.reduce((sum, { cpu }) => sum + cpu, 0) * 1000) / 1000,
      memory: there.reduce((sum, { memory }) => sum + memory, 0),
    };
    const { name, capacity, ulimitCeilings, missingCapabilities } = host;
    return [
      {
        name,
        capacity,
        systemReserved: member.systemReserved,
        reserved,
        ulimitCeilings,
        missingCapabilities,
      },
    ];
  });
}

interface ServiceInputs {
  readonly replicas: number;
  readonly update?: {
    readonly strategy?: "start-first" | "stop-first";
    readonly maxSurge?: number;
    readonly maxUnavailable?: number;
  };
  readonly mounts?: readonly { readonly hostPath?: unknown; readonly readOnly?: boolean }[];
}

/** undefined until its first revision is stored. */
function wantedService(service: Desired, spec: Spec | undefined): WantedService | undefined {
  if (!spec) return undefined;
  const { replicas, update = {}, mounts = [] } = service.inputs as unknown as ServiceInputs;
  // Two writers on one folder of the host is how data dies.
  const sharesWrites = mounts.some(({ hostPath, readOnly }) => hostPath !== undefined && readOnly !== true);
  return {
    uid: service.uid,
    namespace: service.namespace,
    name: service.name,
    replicas,
    strategy: update.strategy ?? (sharesWrites ? "stop-first" : "start-first"),
    maxSurge: update.maxSurge ?? 1,
    maxUnavailable: update.maxUnavailable ?? 1,
    specRevision: spec.revision,
    request: requestOf(spec.inputs),
  };
}

function placedInstance(
  host: string,
  placed: Placed,
  observed: Instance | undefined,
  present: boolean,
): PlacedInstance {
  const { id, serviceUid, namespace, service, index, revision, want } = placed;
  const healthy = observed?.state === "running" && observed.healthy;
  return {
    id,
    serviceUid,
    namespace,
    service,
    index,
    host,
    revision,
    want,
    present,
    healthy,
  };
}
