import { setTimeout as delay, setImmediate as letOthers } from "node:timers/promises";

const bounds = {
  /** Looks, after which whatever else waits in the process has its turn: a write is not to wait for all hosts to be told. */
  atOnce: 16,
  /** After a round the next one waits so many times as long as that took ... */
  restShare: 3,
  /** ... but no longer than this: traffic is to follow a change within a second. Milliseconds. */
  longestRestMs: 300,
} as const;

/** Lets many look at one thing that changes, some at a time; where it changes often, they see some of the changes at once. */
export interface Rounds<V> {
  /** Whoever has looked may look again. */
  changed(): void;
  /** What it is, at once and then after each change, when one's turn has come, until the signal aborts. */
  turns(signal: AbortSignal): AsyncIterable<V>;
}

interface Waiting {
  readonly seen: number;
  readonly turn: PromiseWithResolvers<void>;
}

/** `look` is called once a round, for all who have their turn in it; where it throws, these end with what it threw. */
export function createRounds<V>(look: () => V): Rounds<V> {
  const waiting = new Set<Waiting>();
  let changes = 0;
  let round: { readonly at: number; readonly value: V } | undefined;
  let isUnderWay = false;

  const due = () => [...waiting].filter(({ seen }) => seen !== changes);

  async function run(): Promise<void> {
    isUnderWay = true;
    for (let next = due(); next.length > 0; next = due()) {
      const begunAt = performance.now();
      await tell(next);
      const restMs = Math.min((performance.now() - begunAt) * bounds.restShare, bounds.longestRestMs);
      if (restMs >= 1) await delay(restMs, undefined, { ref: false });
    }
    isUnderWay = false;
  }

  async function tell(next: readonly Waiting[]): Promise<void> {
    for (const one of next) waiting.delete(one);
    try {
      round = { at: changes, value: look() };
    } catch (error) {
      for (const { turn } of next) turn.reject(error);
      return;
    }
    for (let from = 0; from < next.length; from += bounds.atOnce) {
      for (const { turn } of next.slice(from, from + bounds.atOnce)) turn.resolve();
      await letOthers();
    }
  }

  function begin(): void {
    if (!isUnderWay) void run();
  }

  return {
    changed() {
      changes += 1;
      begin();
    },
    async *turns(signal) {
      let seen = -1;
      while (!signal.aborted) {
        const one: Waiting = { seen, turn: Promise.withResolvers() };
        const leave = () => {
          waiting.delete(one);
          one.turn.resolve();
        };
        signal.addEventListener("abort", leave, { once: true });
        waiting.add(one);
        begin();
        await one.turn.promise.finally(() => signal.removeEventListener("abort", leave));
        if (signal.aborted || round === undefined) return;
        seen = round.at;
        yield round.value;
      }
    },
  };
}
