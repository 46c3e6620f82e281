import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError, limits } from "../../contract/index.ts";
import {
  type Cache,
  createCache,
  type DecodedSet,
  decodedBefore,
  decodeSet,
  type Stored,
  type Unreadable,
} from "./cache.ts";
import { encode } from "./codec.ts";
import { createConfirm } from "./confirm.ts";
import { migrate } from "./migrate.ts";
import { requireReadable } from "./readable.ts";
import type { Family } from "./records.ts";
import type { Compare, Entry, KeyValues, Transaction, Write } from "./types.ts";
import { createInFlight } from "./unanswered.ts";

const bounds = {
  pageKeys: 100,
  /** How long a write is repeated while the server does not answer: about the time of its restart. */
  commitMs: 10_000,
  commitPauseMs: 100,
  /** How long a writer waits to see its own write. */
  catchUpMs: 10_000,
} as const;

/** No key begins so: what counts of such a range is its revision, which is read through most of the servers; errors name it. */
const nowhere = "revision";

export interface Put {
  readonly key: string;
  readonly record: object;
  /** The revision that was read; undefined: the key must not exist. */
  readonly was: number | undefined;
}

export interface Removal {
  readonly remove: string;
  readonly was: number;
}

export interface Store {
  /** The last revision the cache holds. */
  revision(): number;
  /**
   * Resolves once the cache shows all that any server had acknowledged before the call; needed where there are others,
   * since they write past this cache. Throws `unreachable` where that cannot be known in time.
   */
  confirm(patienceMs: number): Promise<void>;
  get<R>(family: Family<R>, key: string): Stored<R> | undefined;
  list<R>(family: Family<R>, prefix?: string): Stored<R>[];
  /** Records that are left out, since this agent cannot read them; nobody writes or removes them. */
  unreadable(): readonly Unreadable[];
  /**
   * Writes all or nothing, if every record is still as it was read; resolves with the revision once the cache
   * shows it. Throws `conflict` when something changed in between: read again, decide again; `unreachable` when the
   * server does not answer, or when the store ends meanwhile: it may have been written then; `unreadable` for a record
   * that is left out.
   */
  commit(writes: readonly (Put | Removal)[], unchanged?: readonly Compare[]): Promise<number>;
  /** Called with every revision in order, after the cache shows it. */
  subscribe(listener: (set: DecodedSet) => void): () => void;
  /** The past from a revision on, then the present; throws `compacted`. */
  replay(fromRevision: number, signal: AbortSignal): AsyncIterable<DecodedSet>;
  /** Rejects when the cache can no longer be kept; resolves after the abort. */
  readonly running: Promise<void>;
}

/**
 * Loads everything into memory and keeps it current with one watch until the signal aborts. `onUnreadable` hears of each
 * record that is left out.
 */
export async function openStore(
  server: KeyValues,
  signal: AbortSignal,
  onUnreadable: (left: Unreadable) => void = () => undefined,
): Promise<Store> {
  await migrate(server);
  const cache = createCache();
  let revision = await load(server, cache, signal);
  cache.unreadable().forEach(onUnreadable);
  const listeners = new Set<(set: DecodedSet) => void>();
  const inFlight = createInFlight();

  const follow = async () => {
    for await (const raw of server.watch(revision + 1, signal, { before: false })) {
      inFlight.note(raw);
      const set = decodeSet(raw, ({ family, key }) => cache.get(family, key));
      cache.apply(set);
      set.unreadable.forEach(onUnreadable);
      revision = set.revision;
      for (const listener of [...listeners]) listener(set);
    }
  };

  const subscribe = (listener: (set: DecodedSet) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

  const reached = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      if (revision >= wanted) return resolve();
      const giveUp = () => finish(() => reject(behind()));
      // Nothing is seen any more once the watch has ended.
      if (signal.aborted) return reject(behind());
      const timer = setTimeout(giveUp, bounds.catchUpMs);
      signal.addEventListener("abort", giveUp, { once: true });
      const stop = subscribe((set) => set.revision >= wanted && finish(resolve));
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        stop();
        settle();
      };
    });

  return {
    revision: () => revision,
    confirm: createConfirm({
      newest: async () => (await server.range(nowhere, { limit: 1 })).revision,
      reached,
    }),
    get: cache.get,
    list: cache.list,
    unreadable: cache.unreadable,
    subscribe,

    async commit(writes, unchanged = []) {
      for (const write of writes) {
        const key = "remove" in write ? write.remove : write.key;
        requireReadable(cache, key, `write ${key}`);
      }
      const transaction = bounded({
        compares: [...writes.map(compareOf), ...unchanged],
        writes: writes.map(writeOf),
      });
      using sent = inFlight.expect(transaction);
      const { succeeded, isRepeated, revision: at } = await commitRepeatedly(server, transaction, signal);
      await reached(at);
      const writtenAt = succeeded ? at : isRepeated ? sent.seenAt() : undefined;
      if (writtenAt === undefined)
        throw new ConstellationError("conflict", "write to the store: it was changed in between; try again");
      return writtenAt;
    },

    async *replay(from, stop) {
      for await (const raw of server.watch(from, stop, { before: true })) yield decodeSet(raw, decodedBefore);
    },

    running: follow(),
  };
}

async function load(server: KeyValues, cache: Cache, signal: AbortSignal): Promise<number> {
  let revision = 0;
  for await (const page of readPages(server, signal)) {
    cache.load(page.entries);
    revision = page.revision;
  }
  return revision;
}

/** Every key at one and the same revision, a page at a time. */
export async function* readPages(
  server: Pick<KeyValues, "range">,
  signal: AbortSignal,
): AsyncIterable<{ readonly revision: number; readonly entries: readonly Entry[] }> {
  let after: string | undefined;
  let revision: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await server.range("", {
      limit: bounds.pageKeys,
      ...(after === undefined ? {} : { after }),
      ...(revision === undefined ? {} : { revision }),
    });
    revision ??= page.revision;
    yield { revision, entries: page.entries };
    if (!page.more) return;
    after = page.entries.at(-1)?.key;
  }
}

/**
 * A commit whose answer was lost may have happened. Repeating it is safe because it compares every key it writes: it is
 * then refused, by what it wrote itself or by what others wrote since; which of them, the watch tells.
 */
async function commitRepeatedly(server: KeyValues, transaction: Transaction, signal: AbortSignal) {
  const deadline = performance.now() + bounds.commitMs;
  for (let isRepeated = false; ; isRepeated = true) {
    try {
      return { ...(await server.commit(transaction)), isRepeated };
    } catch (error) {
      const retry =
        error instanceof ConstellationError && error.code === "unreachable" && performance.now() < deadline;
      if (!retry || signal.aborted) throw error;
      await delay(bounds.commitPauseMs);
    }
  }
}

function compareOf(write: Put | Removal): Compare {
  return { key: "remove" in write ? write.remove : write.key, modRevision: write.was ?? 0 };
}

function writeOf(write: Put | Removal): Write {
  return "remove" in write
    ? { remove: write.remove }
    : { put: write.key, value: encode(write.key, write.record) };
}

function bounded(transaction: Transaction): Transaction {
  const bytes = transaction.writes.reduce((sum, write) => sum + ("put" in write ? write.value.length : 0), 0);
  if (transaction.writes.length > limits.transactionOperations || bytes > limits.transactionBytes) {
    throw new ConstellationError(
      "too-large",
      `write to the store: ${transaction.writes.length} operations and ${bytes} bytes in one transaction; write less at once`,
    );
  }
  return transaction;
}

function behind() {
  return new ConstellationError(
    "unreachable",
    "write to the store: written, but not seen back in time; read again",
  );
}
