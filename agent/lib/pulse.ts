/** Wakes a loop: any number of calls of `fire` while nobody waits count as one. */
export interface Pulse {
  fire(): void;
  /** Resolves at the next `fire` (at once when one came since the last wait), after the timeout, or when aborted. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<void>;
  /** Takes back what fired since the last wait: its loop is about to look at everything anyway. */
  clear(): void;
}

export function createPulse(): Pulse {
  let fired = false;
  let wake: (() => void) | undefined;
  return {
    fire() {
      fired = true;
      wake?.();
    },
    async wait(signal, timeoutMs) {
      if (!fired && !signal.aborted) await new Promise<void>((resolve) => sleep(resolve, signal, timeoutMs));
      fired = false;
    },
    clear() {
      fired = false;
    },
  };

  function sleep(resolve: () => void, signal: AbortSignal, timeoutMs: number | undefined) {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      wake = undefined;
      resolve();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
    signal.addEventListener("abort", done, { once: true });
    wake = done;
  }
}
