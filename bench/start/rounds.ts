import { idleMoment } from "../idle.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Contender, Sample } from "./types.ts";

/** Starts that count for nothing: they warm up caches, compile filters, make the peers' networks. */
const warmUpRounds = 2;
const nanosecondsPerMs = 1e6;

/** One start of every contender a round, in an order that turns by one each round, so that nobody always follows the same one. */
export async function* measureRounds(
  contenders: readonly Contender[],
  arrivals: Arrivals,
  runs: number,
): AsyncGenerator<Sample> {
  for (let round = 0; round < warmUpRounds + runs; round++) {
    for (const contender of turned(contenders, round)) {
      const sample = await measure(contender, arrivals, round);
      if (round >= warmUpRounds) yield sample;
    }
  }
}

function turned<Item>(items: readonly Item[], by: number): Item[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function measure(contender: Contender, arrivals: Arrivals, round: number): Promise<Sample> {
  const wasIdle = await idleMoment();
  const { requestedNs, hostname } = await contender.start(round);
  const arrivedNs = await arrivals.take(hostname);
  await contender.remove(round);
  return { contender: contender.name, ms: Number(arrivedNs - requestedNs) / nanosecondsPerMs, wasIdle };
}
