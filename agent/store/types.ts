/** One key as the store holds it. Values are JSON text. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  /** The store's revision of its last change: what a writer compares, and a document's etag. */
  readonly modRevision: number;
}

export type Write = { readonly put: string; readonly value: string } | { readonly remove: string };

/** True while the key was last changed at this revision; 0: while it does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

export interface Transaction {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
}

export interface Change {
  readonly key: string;
  /** undefined: removed. */
  readonly now: Entry | undefined;
  /** undefined: it did not exist, or nobody asked for earlier values. */
  readonly before: Entry | undefined;
}

/** All changes of one revision; never part of them. */
export interface ChangeSet {
  readonly revision: number;
  readonly changes: readonly Change[];
}

/**
 * What the store needs from a key-value server: strictly serializable, with a history that can be watched.
 * Failures are ConstellationErrors: `unreachable` (a commit may or may not have happened), `compacted`.
 */
export interface KeyValues {
  /** Entries under the prefix in order of their key. `revision` reads the past, for paging a consistent view. */
  range(
    prefix: string,
    options: { readonly limit: number; readonly after?: string; readonly revision?: number },
  ): Promise<{ readonly revision: number; readonly entries: readonly Entry[]; readonly more: boolean }>;
  /** All writes or none. `succeeded` false: a compare did not hold. */
  commit(transaction: Transaction): Promise<{ readonly succeeded: boolean; readonly revision: number }>;
  /**
   * Every change of every key from a revision on, in order; with earlier values where they are asked for, which cost as much
   * again. Reconnects by itself; throws `compacted` when the history from there is gone.
   */
  watch(
    fromRevision: number,
    signal: AbortSignal,
    want: { readonly before: boolean },
  ): AsyncIterable<ChangeSet>;
}
