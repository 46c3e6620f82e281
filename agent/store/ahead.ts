import type { Stored } from "./cache.ts";
import type { Family } from "./records.ts";
import type { Put, Store } from "./store.ts";

/** What reads records and changes none. */
export type Reader = Pick<Store, "get" | "list" | "unreadable">;

/** The records as they will be once some more are written; each keeps the revision it has now, 0 where it has none. */
export function readAhead(reader: Reader, puts: readonly Put[]): Reader {
  const written = new Map(
    puts.map(({ key, record, was = 0 }) => [key, { key, record, modRevision: was } as Stored<unknown>]),
  );
  return {
    unreadable: reader.unreadable,

    get: <R>(family: Family<R>, key: string) =>
      (written.get(key) as Stored<R> | undefined) ?? reader.get(family, key),

    list<R>(family: Family<R>, prefix = family.prefix) {
      const kept = reader.list(family, prefix).filter(({ key }) => !written.has(key));
      const added = [...written.values()].filter(
        ({ key }) => key.startsWith(family.prefix) && key.startsWith(prefix),
      ) as Stored<R>[];
      return [...kept, ...added].sort((one, other) => (one.key < other.key ? -1 : 1));
    },
  };
}
