import { decode } from "./codec.ts";
import { type Family, families, familyOf } from "./records.ts";
import { createShelf, type Shelf } from "./shelf.ts";
import type { ChangeSet, Entry } from "./types.ts";

/** A record and where it stands in the store's history. */
export interface Stored<R> {
  readonly key: string;
  readonly record: R;
  readonly modRevision: number;
}

export interface DecodedChange {
  readonly family: Family;
  readonly key: string;
  readonly now: Stored<unknown> | undefined;
  readonly before: Stored<unknown> | undefined;
}

export interface DecodedSet {
  readonly revision: number;
  readonly changes: readonly DecodedChange[];
}

/** Everything in the store, decoded, in memory. */
export interface Cache {
  get<R>(family: Family<R>, key: string): Stored<R> | undefined;
  /** In order of their keys. */
  list<R>(family: Family<R>, prefix?: string): Stored<R>[];
  load(entries: readonly Entry[]): void;
  apply(set: DecodedSet): void;
}

export function createCache(): Cache {
  const shelves = new Map(
    Object.values(families).map(({ prefix }) => [prefix, createShelf<Stored<unknown>>()]),
  );
  const shelfOf = (family: Family) => shelves.get(family.prefix) as Shelf<Stored<unknown>>;
  return {
    get: <R>(family: Family<R>, key: string) => shelfOf(family).get(key) as Stored<R> | undefined,
    list: <R>(family: Family<R>, prefix = "") => shelfOf(family).list(prefix) as Stored<R>[],

    load(entries) {
      for (const entry of entries) {
        const family = familyOf(entry.key);
        if (family) shelfOf(family).put(stored(family, entry));
      }
    },

    apply({ changes }) {
      for (const { family, key, now } of changes) {
        if (now) shelfOf(family).put(now);
        else shelfOf(family).remove(key);
      }
    },
  };
}

/** Keys of no family we know (a newer agent's) are left out. */
export function decodeSet(set: ChangeSet): DecodedSet {
  const changes = set.changes.flatMap(({ key, now, before }) => {
    const family = familyOf(key);
    if (!family) return [];
    return [{ family, key, now: now && stored(family, now), before: before && stored(family, before) }];
  });
  return { revision: set.revision, changes };
}

function stored(family: Family, { key, value, modRevision }: Entry): Stored<unknown> {
  return { key, record: decode(family, key, value), modRevision };
}
