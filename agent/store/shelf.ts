import type { Stored } from "./cache.ts";

/** The records of one family, in order of their keys: a listing costs what it lists, not what the family holds. */
export interface Shelf {
  get(key: string): Stored<unknown> | undefined;
  /** Those whose keys start so. */
  list(prefix: string): Stored<unknown>[];
  put(record: Stored<unknown>): void;
  remove(key: string): void;
}

export function createShelf(): Shelf {
  const records = new Map<string, Stored<unknown>>();
  const keys: string[] = [];
  return {
    get: (key) => records.get(key),

    list(prefix) {
      const found: Stored<unknown>[] = [];
      for (let at = placeOf(keys, prefix); keys[at]?.startsWith(prefix); at++) {
        found.push(records.get(keys[at] as string) as Stored<unknown>);
      }
      return found;
    },

    put(record) {
      if (!records.has(record.key)) keys.splice(placeOf(keys, record.key), 0, record.key);
      records.set(record.key, record);
    },

    remove(key) {
      if (records.delete(key)) keys.splice(placeOf(keys, key), 1);
    },
  };
}

/** Where the key stands in sorted keys, or would. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
