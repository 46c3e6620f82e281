import type { Instance } from "../../contract/index.ts";
import { type Family, families, keys, type Placed, type Store } from "../store/index.ts";

/** What is placed on one host, however many others there are. */
export function placedOn(store: Store, host: string): Placed[] {
  const records = chunksOf(store, families.placement, (chunk) => keys.placement(host, chunk));
  return records.flatMap(({ placements }) => placements);
}

/** What it last reported. */
export function observedOn(store: Store, host: string): Instance[] {
  const records = chunksOf(store, families.observed, (chunk) => keys.observed(host, chunk));
  return records.flatMap(({ instances }) => instances);
}

/** A host's records in one family are numbered without a gap. */
function chunksOf<R>(store: Store, family: Family<R>, keyOf: (chunk: number) => string): R[] {
  const records: R[] = [];
  for (let chunk = 0; ; chunk++) {
    const stored = store.get(family, keyOf(chunk));
    if (!stored) return records;
    records.push(stored.record);
  }
}
