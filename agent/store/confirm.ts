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
  const persist = async (patience: AbortSignal): Promise<void> => {
    while (!patience.aborted) {
      try {
        return await share();
      } catch {
        await delay(bounds.pauseMs); // it may be about to restart, or to elect
      }
    }
  };

  return async (patienceMs) => {
    const patience = AbortSignal.timeout(patienceMs);
    const late = Promise.withResolvers<never>();
    patience.addEventListener("abort", () => late.reject(unconfirmed()), { once: true });
    await Promise.race([persist(patience), late.promise]);
  };
}

function unconfirmed() {
  return new ConstellationError(
    "unreachable",
    "ask the other servers: too few of them answer this one; look after them, or ask another server",
  );
}
