import type { Instance } from "../../contract/index.ts";
import { type Desired, families, hostOfKey, keys, type Placed, type Reader } from "../store/index.ts";

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

/** All placements, or those that are asked for: what is left out costs a look and no more. */
export function placementsOf(
  store: Reader,
  isAsked: (placed: Placed) => boolean = () => true,
): { host: string; placed: Placed }[] {
  return store.list(families.placement).flatMap(({ key, record }) => {
    const host = hostOfKey(key);
    return record.placements.filter(isAsked).map((placed) => ({ host, placed }));
  });
}

/** What the hosts last reported, by instance id: all of it, or what is asked for. */
export function observedInstances(
  store: Reader,
  isAsked: (instance: Instance) => boolean = () => true,
): Map<string, Instance> {
  const instances = store.list(families.observed).flatMap(({ record }) => record.instances.filter(isAsked));
  return new Map(instances.map((instance) => [instance.id, instance]));
}
