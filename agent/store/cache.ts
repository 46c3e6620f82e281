import { decode } from "./codec.ts";
import { type Family, families, familyOf } from "./records.ts";
import { createShelf, type Shelf } from "./shelf.ts";
import type { Change, ChangeSet, Entry } from "./types.ts";

/** A record and where it stands in the store's history. */
export interface Stored<R> {
  readonly key: string;
  readonly record: R;
  readonly modRevision: number;
}

/** A record that is in the store and was left out. */
export interface Unreadable {
  readonly key: string;
  readonly reason: string;
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
  /** What was written and is left out; the record before it, if there was one, stays in memory. */
  readonly unreadable: readonly Unreadable[];
  /** Hosts whose state is another, which nothing that is stored says. */
  readonly states?: readonly string[];
}

/** Everything in the store, decoded, in memory. */
export interface Cache {
  get<R>(family: Family<R>, key: string): Stored<R> | undefined;
  /** In order of their keys. */
  list<R>(family: Family<R>, prefix?: string): Stored<R>[];
  /** In order of their keys. */
  unreadable(): readonly Unreadable[];
  load(entries: readonly Entry[]): void;
  apply(set: DecodedSet): void;
}

export function createCache(): Cache {
  const shelves = new Map(
    Object.values(families).map(({ prefix }) => [prefix, createShelf<Stored<unknown>>()]),
  );
  const shelfOf = (family: Family) => shelves.get(family.prefix) as Shelf<Stored<unknown>>;
  const unreadable = new Map<string, Unreadable>();
  return {
    get: <R>(family: Family<R>, key: string) => shelfOf(family).get(key) as Stored<R> | undefined,
    list: <R>(family: Family<R>, prefix = "") => shelfOf(family).list(prefix) as Stored<R>[],
    unreadable: () => [...unreadable.values()].sort((one, other) => (one.key < other.key ? -1 : 1)),

    load(entries) {
      for (const entry of entries) {
        const family = familyOf(entry.key);
        if (!family) continue;
        const read = readEntry(family, entry);
        if ("reason" in read) unreadable.set(entry.key, read);
        else shelfOf(family).put(read);
      }
    },

    apply({ changes, unreadable: left }) {
      for (const { family, key, now } of changes) {
        unreadable.delete(key);
        if (now) shelfOf(family).put(now);
        else shelfOf(family).remove(key);
      }
      for (const one of left) unreadable.set(one.key, one);
    },
  };
}

type Before = (of: {
  readonly family: Family;
  readonly key: string;
  readonly change: Change;
}) => Stored<unknown> | undefined;

/** Keys of no family we know (a newer agent's) are left out. `beforeOf`: the record that a change takes the place of. */
export function decodeSet({ revision, changes }: ChangeSet, beforeOf: Before): DecodedSet {
  const decoded: DecodedChange[] = [];
  const unreadable: Unreadable[] = [];
  for (const change of changes) {
    const { key, now } = change;
    const family = familyOf(key);
    if (!family) continue;
    const read = now && readEntry(family, now);
    if (read && "reason" in read) unreadable.push(read);
    else decoded.push({ family, key, now: read, before: beforeOf({ family, key, change }) });
  }
  return { revision, changes: decoded, unreadable };
}

/** As the watch tells it; what cannot be read is as good as nothing. */
export const decodedBefore: Before = ({ family, change: { before } }) => {
  const earlier = before && readEntry(family, before);
  return earlier && "reason" in earlier ? undefined : earlier;
};

function readEntry(family: Family, { key, value, modRevision }: Entry): Stored<unknown> | Unreadable {
  try {
    return { key, record: decode(family, key, value), modRevision };
  } catch (error) {
    if (family.isVital) throw error;
    return { key, reason: error instanceof Error ? error.message : String(error) };
  }
}
