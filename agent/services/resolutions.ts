import { type Digest, isDigest } from "../../contract/index.ts";
import { families, keys, type Put, type Store } from "../store/index.ts";

/** About 150 bytes each, in one record. */
const referencesKept = 256;

/** What a reference named when its registry was last asked; undefined when that was never, or long ago. */
export function lastResolved(store: Store, reference: string): Digest | undefined {
  const entries = store.get(families.resolutions, keys.resolutions)?.record.entries ?? [];
  const digest = entries.find((entry) => entry.reference === reference)?.digest ?? "";
  return isDigest(digest) ? digest : undefined;
}

/** The write that remembers an answer; none where it is the one that is known. */
export function remembered(store: Store, reference: string, digest: Digest, at: string): Put[] {
  const stored = store.get(families.resolutions, keys.resolutions);
  const entries = stored?.record.entries ?? [];
  if (entries.some((entry) => entry.reference === reference && entry.digest === digest)) return [];
  const others = entries.filter((entry) => entry.reference !== reference);
  const kept = [...others, { reference, digest, at }].slice(-referencesKept);
  return [{ key: keys.resolutions, record: { ...stored?.record, entries: kept }, was: stored?.modRevision }];
}
