import type { Arrivals } from "../workload/arrivals.ts";

export interface FillOptions {
  readonly instances: number;
  readonly arrivals: Arrivals;
}

/** As many containers, each by a command of its own. */
export interface ScaledPeer {
  /** Resolves with the seconds from the first command until the last workload's first instruction. */
  fill(concurrency: number): Promise<number>;
  empty(): Promise<void>;
}

/** Starts all of them, so many at a time; the seconds it took. */
export async function fillTogether<Item>(
  items: readonly Item[],
  concurrency: number,
  start: (item: Item) => Promise<void>,
): Promise<number> {
  const began = performance.now();
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await start(item);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return (performance.now() - began) / 1_000;
}
