import { limits } from "../../contract/index.ts";
import { families, hostOfKey, keys, type Reader, type Removal } from "../store/index.ts";
import { placementsOf } from "./stored.ts";

const bounds = {
  removals: 50,
  /** How long the traces of a deleted document explain its end. */
  keptMs: 10 * 60_000,
} as const;

/** What no longer serves anybody: old revisions, traces of deleted documents, what is placed on no host. Pure but for reading the cache. */
export function unneeded(store: Reader, now: Date): Removal[] {
  // What cannot be read may need any of it.
  if (store.unreadable().length > 0) return [];
  const before = new Date(now.getTime() - bounds.keptMs).toISOString();
  const services = new Set(store.list(families.desired).map(({ record }) => record.uid));
  const documentOf = (key: string) => store.get(families.desired, key.replace(/^[^/]+/, "desired"));

  const old = [...Map.groupBy(store.list(families.spec), ({ record }) => record.uid)].flatMap(
    ([uid, revisions]) => (services.has(uid) ? revisions.slice(0, -limits.specRevisionsKept) : revisions),
  );
  const run = old.length === 0 ? new Set() : runSpecs(store);
  const specs = old.filter(({ key }) => !run.has(key));
  const histories = store
    .list(families.history)
    .filter(({ key, record }) => !documentOf(key) && (record.entries.at(-1)?.at ?? "") < before);
  const tombstones = store
    .list(families.tombstone)
    .filter(({ key, record }) => documentOf(key) || record.at < before);
  return [...leftNowhere(store), ...specs, ...histories, ...tombstones]
    .slice(0, bounds.removals)
    .map(({ key, modRevision }) => ({ remove: key, was: modRevision }));
}

/** A host may go while something is placed on it; nobody would ever report what becomes of that. */
function leftNowhere(store: Reader) {
  const hosts = new Set(store.list(families.host).map(({ record }) => record.name));
  // A store from before hosts were recorded tells nothing of them.
  if (hosts.size === 0) return [];
  const ofHosts = [...store.list(families.placement), ...store.list(families.observed)];
  return ofHosts.filter(({ key }) => !hosts.has(hostOfKey(key)));
}

const runSpecs = (store: Reader) =>
  new Set(placementsOf(store).map(({ placed }) => keys.spec(placed.serviceUid, placed.revision)));
