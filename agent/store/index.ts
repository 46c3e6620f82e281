/**
 * The cluster's state: records in a key-value server, all of them also in memory, kept current by one watch.
 *
 * Invariant: a reader sees every write whose commit has resolved, and every writer names the revision it read.
 * It does not know what the records mean, and it does not run the server.
 */
export { type Reader, readAhead } from "./ahead.ts";
export type { DecodedChange, DecodedSet, Stored, Unreadable } from "./cache.ts";
export { checkRecord } from "./codec.ts";
export { readHostNames } from "./host-names.ts";
export { observedOn, observedRecordsOn, placedOn, placementRecordsOn } from "./on-host.ts";
export { oncePerRevision } from "./once-per-revision.ts";
export { requireReadable } from "./readable.ts";
export {
  type Desired,
  type Family,
  families,
  type HistoryRecord,
  type HostRecord,
  hostOfKey,
  keys,
  type LeaderRecord,
  type ObservedRecord,
  type Placed,
  type PlacementRecord,
  type Spec,
  type StoredCluster,
  type TokenRecord,
} from "./records.ts";
export { openStore, type Put, type Removal, readPages, type Store } from "./store.ts";
export type { Change, ChangeSet, Compare, Entry, KeyValues, Transaction, Write } from "./types.ts";
