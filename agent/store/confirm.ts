import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../contract/index.ts";

/** In milliseconds. */
const bounds = { pauseMs: 50 } as const;

export interface ConfirmPorts {
  /** The store's revision as most of the servers have it, no older than the question. Rejects where they do not answer. */
  readonly newest: () => Promise<number>;
  /** Resolves once the cache shows a revision. */
  readonly reached: (revision: number) => Promise<void>;
}

/**
 * Asks the other servers what the newest revision is, and waits until the cache shows it. Who comes while a question is under
 * way shares the next one: an answer to a question from before says nothing of what was acknowledged since.
 */
export function createConfirm({ newest, reached }: ConfirmPorts): (patienceMs: number) => Promise<void> {
  let asked: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const ask = (): Promise<void> => {
    asked = newest()
      .then(reached)
      .finally(() => {
        asked = undefined;
      });
    return asked;
  };
  const share = (): Promise<void> => {
    if (asked === undefined) return ask();
    next ??= asked
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return ask();
      });
    return next;
  };
  const persist = async (patience: AbortSignal, note: (failure: unknown) => void): Promise<void> => {
    while (!patience.aborted) {
      try {
        return await share();
      } catch (failure) {
        note(failure);
        await delay(bounds.pauseMs); // it may be about to restart, or to elect
      }
    }
  };

  return async (patienceMs) => {
    const patience = AbortSignal.timeout(patienceMs);
    const late = Promise.withResolvers<never>();
    let last: unknown;
    patience.addEventListener("abort", () => late.reject(unconfirmed(last)), { once: true });
    const note = (failure: unknown) => {
      last = failure;
    };
    await Promise.race([persist(patience, note), late.promise]);
  };
}

/** What is wrong with the own store says more than that the others do not answer. */
function unconfirmed(cause: unknown): ConstellationError {
  const own = cause instanceof ConstellationError ? cause.message : undefined;
  const reason = own ?? "too few of them answer this one; look after them, or ask another server";
  return new ConstellationError("unreachable", `ask the other servers: ${reason}`, { cause });
}
