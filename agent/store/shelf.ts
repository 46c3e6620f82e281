/** The records of one family, in order of their keys: a listing costs what it lists, not what the family holds. */
export interface Shelf<R extends { readonly key: string }> {
  get(key: string): R | undefined;
  /** Those whose keys start so. */
  list(prefix: string): R[];
  put(record: R): void;
  remove(key: string): void;
}

export function createShelf<R extends { readonly key: string }>(): Shelf<R> {
  const records = new Map<string, R>();
  const keys: string[] = [];
  return {
    get: (key) => records.get(key),

    list(prefix) {
      const found: R[] = [];
      for (let at = placeOf(keys, prefix); keys[at]?.startsWith(prefix); at++) {
        found.push(records.get(keys[at] as string) as R);
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
