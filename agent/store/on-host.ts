import type { Instance } from "../../contract/index.ts";
import type { Reader } from "./ahead.ts";
import type { Stored } from "./cache.ts";
import {
  type Family,
  families,
  keys,
  type ObservedRecord,
  type Placed,
  type PlacementRecord,
} from "./records.ts";

type Records = Pick<Reader, "get">;

/** A host's placements as they are stored, however many other hosts there are. */
export const placementRecordsOn = (store: Records, host: string): Stored<PlacementRecord>[] =>
  numbered(store, families.placement, (chunk) => keys.placement(host, chunk));

/** What it last reported, as it is stored. */
export const observedRecordsOn = (store: Records, host: string): Stored<ObservedRecord>[] =>
  numbered(store, families.observed, (chunk) => keys.observed(host, chunk));

/** What is placed on one host. */
export const placedOn = (store: Records, host: string): Placed[] =>
  placementRecordsOn(store, host).flatMap(({ record }) => record.placements);

/** The instances that it last reported. */
export const observedOn = (store: Records, host: string): Instance[] =>
  observedRecordsOn(store, host).flatMap(({ record }) => record.instances);

/** A host's records in one family are numbered without a gap. */
function numbered<R>(store: Records, family: Family<R>, keyOf: (chunk: number) => string): Stored<R>[] {
  const found: Stored<R>[] = [];
  for (let chunk = 0; ; chunk++) {
    const stored = store.get(family, keyOf(chunk));
    if (!stored) return found;
    found.push(stored);
  }
}
