import { createPulse } from "../lib/pulse.ts";
import type { Compare } from "../store/index.ts";

/** In milliseconds. */
const bounds = {
  /** From one proof to the next. */
  everyMs: 500,
  /** Nobody has asked for so long: no more of them until somebody does. */
  idleMs: 5_000,
  /** For the others to answer one. */
  patienceMs: 5_000,
} as const;

export interface ProofsPorts {
  readonly leadership: { term(): Compare | undefined; subscribe(listener: () => void): () => void };
  /** Resolves once this server's memory shows what a majority agreed on after the call; rejects where it cannot. */
  readonly confirm: (patienceMs: number) => Promise<void>;
  /** Whether there is no other server that could lead. */
  readonly isAlone: () => boolean;
  /** Milliseconds on the boot clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * How a server knows that it leads: a majority still has its name in the store, and what is confirmed by that comes from a
 * memory as new. Another one that takes over does so after that look began, which is therefore the time that counts. Where
 * there is no other server, nobody can.
 */
export function createProofs(ports: ProofsPorts) {
  const { leadership, now, signal } = ports;
  const pulse = createPulse();
  let since: { readonly term: number; readonly at: number } | undefined;
  let proved: { readonly term: number; readonly at: number } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  function currentTerm(): number | undefined {
    const term = leadership.term()?.modRevision;
    // Seen after it began, however late: whatever counts from it counts too long at most.
    if (term !== undefined && since?.term !== term) since = { term, at: now() };
    return term;
  }

  async function prove(): Promise<void> {
    const term = currentTerm();
    if (term === undefined) return;
    const at = now();
    await ports.confirm(bounds.patienceMs);
    if (currentTerm() === term) proved = { term, at };
  }

  async function keepProving(): Promise<void> {
    const unsubscribe = leadership.subscribe(() => void currentTerm());
    while (!signal.aborted) {
      const isAsked = now() - askedAt < bounds.idleMs;
      // A failed look proves nothing; the next one may.
      if (isAsked) await prove().catch(() => undefined);
      await pulse.wait(signal, isAsked ? bounds.everyMs : undefined);
    }
    unsubscribe();
  }
  void keepProving();

  return {
    ledSince(): number | undefined {
      return currentTerm() === undefined ? undefined : since?.at;
    },
    provedAt(): number | undefined {
      const term = currentTerm();
      if (term === undefined) return undefined;
      if (ports.isAlone()) return now();
      const wasIdle = now() - askedAt >= bounds.idleMs;
      askedAt = now();
      if (wasIdle) pulse.fire();
      return proved?.term === term ? proved.at : undefined;
    },
  };
}
