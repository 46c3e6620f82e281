import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { ConstellationError } from "../../contract/index.ts";
import { type Server as Api, serveUnready } from "../api/index.ts";

const limits = {
  /** The store answers some hundred milliseconds after its start. */
  firstPauseMs: 50,
  /** After that something is wrong with it, which the API says in its place. */
  patienceMs: 3_000,
  latePauseMs: 1_000,
};

/**
 * Tries until the server half starts, for as long as the agent lives: what runs on this host is looked after meanwhile.
 * Rejects when the signal aborts. Each attempt gets a signal of its own, which ends what a failed one has begun.
 */
export async function untilServing<T>(
  socket: string,
  attempt: (signal: AbortSignal) => Promise<T>,
  log: Logger,
  signal: AbortSignal,
): Promise<T> {
  const patientUntil = performance.now() + limits.patienceMs;
  let unready: Api | undefined;
  let failure = new ConstellationError("unreachable", "ask the agent: it is starting; try again");
  try {
    for (;;) {
      signal.throwIfAborted();
      const attempting = new AbortController();
      try {
        return await attempt(AbortSignal.any([signal, attempting.signal]));
      } catch (error) {
        attempting.abort();
        const next = asUnready(error);
        const isLate = performance.now() > patientUntil;
        if (isLate && next.message !== failure.message)
          log.error({ err: error }, "the server half cannot start");
        failure = next;
        if (isLate) unready ??= await serveUnready(socket, () => failure);
        await delay(isLate ? limits.latePauseMs : limits.firstPauseMs, undefined, { signal }).catch(
          () => undefined,
        );
      }
    }
  } finally {
    await unready?.close();
  }
}

/** Whoever asks may try again, whatever the reason is. */
function asUnready(error: unknown): ConstellationError {
  const reason = error instanceof Error ? error.message : String(error);
  const rest = "; what runs here is kept running";
  return new ConstellationError("unreachable", `${reason}${rest}`, { cause: error });
}
