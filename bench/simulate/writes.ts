import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError, errorTable } from "../../contract/index.ts";

/** As the engine writes resources at once. */
const atOnce = 8;
/** What a server that is busy does not take is written again, as a client does, no longer than this. Milliseconds. */
const patienceMs = 120_000;
const pauseMs = 1_000;

export interface Writes {
  /** Resolves once all of them are written; rejects with the first that is refused for good. */
  readonly done: Promise<void>;
  /** How many were tried again so far. */
  again(): number;
}

/** Runs them, some at once, until the signal aborts. */
export function writeAll(writes: Iterable<() => Promise<void>>, signal: AbortSignal): Writes {
  let again = 0;
  const left = writes[Symbol.iterator]();
  const persist = async (write: () => Promise<void>) => {
    for (const deadline = performance.now() + patienceMs; !signal.aborted; await delay(pauseMs))
      try {
        return await write();
      } catch (error) {
        if (!mayPass(error) || performance.now() > deadline) throw error;
        again += 1;
      }
  };
  const work = async () => {
    for (let next = left.next(); !next.done && !signal.aborted; next = left.next()) await persist(next.value);
  };
  const done = Promise.all(Array.from({ length: atOnce }, work)).then(() => undefined);
  return { done, again: () => again };
}

const mayPass = (error: unknown) => error instanceof ConstellationError && errorTable[error.code].retryable;
