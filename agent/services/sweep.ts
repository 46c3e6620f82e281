import { limits } from "../../contract/index.ts";
import { families, keys, type Removal, type Store } from "../store/index.ts";
import { placementsOf } from "./stored.ts";

const bounds = {
  removals: 50,
  /** How long the traces of a deleted document explain its end. */
  keptMs: 10 * 60_000,
} as const;

/** What no longer serves anybody: old revisions, traces of deleted documents. Pure but for reading the cache. */
export function unneeded(store: Store, now: Date): Removal[] {
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
  return [...specs, ...histories, ...tombstones]
    .slice(0, bounds.removals)
    .map(({ key, modRevision }) => ({ remove: key, was: modRevision }));
}

const runSpecs = (store: Store) =>
  new Set(placementsOf(store).map(({ placed }) => keys.spec(placed.serviceUid, placed.revision)));
