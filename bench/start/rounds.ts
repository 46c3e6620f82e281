import { setTimeout as delay } from "node:timers/promises";
import { idleMoment } from "../idle.ts";
import type { Arrivals } from "../workload/arrivals.ts";
import type { Contender, Load, Sample } from "./types.ts";

/** Starts that count for nothing: they warm up caches, compile filters, make the peers' networks. */
const warmUpRounds = 2;
/** Between two starts under load: what the one before left behind is taken away meanwhile. */
const restMs = 60;
const nanosecondsPerMs = 1e6;

/**
 * One start of every contender a round, in an order that turns by one each round, so that nobody always follows the same
 * one. `first`: the number of the first round; no number may be used twice.
 */
export async function* measureRounds(
  contenders: readonly Contender[],
  arrivals: Arrivals,
  { first, runs, load }: { readonly first: number; readonly runs: number; readonly load: Load },
): AsyncGenerator<Sample> {
  for (let round = first; round < first + roundsOf(runs); round++) {
    for (const contender of turned(contenders, round)) {
      const sample = await measure(contender, arrivals, round, load);
      if (round >= first + warmUpRounds) yield sample;
    }
  }
}

/** How many numbers that takes. */
export function roundsOf(runs: number): number {
  return warmUpRounds + runs;
}

function turned<Item>(items: readonly Item[], by: number): Item[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function measure(contender: Contender, arrivals: Arrivals, round: number, load: Load): Promise<Sample> {
  const wasIdle = load === "idle" ? await idleMoment() : await delay(restMs, true);
  const { requestedNs, hostname } = await contender.start(round);
  const arrivedNs = await arrivals.take(hostname);
  await contender.remove(round);
  return { contender: contender.name, ms: Number(arrivedNs - requestedNs) / nanosecondsPerMs, load, wasIdle };
}
