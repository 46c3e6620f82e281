import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { concurrencies, type Peer, peers, type Sample } from "./types.ts";

/** The median of ours beside the best of each peer's medians, one for each concurrency that was measured. */
export function reportScale(samples: readonly Sample[], instances: number): Report {
  const ours = secondsOf(samples.filter(({ contender }) => contender === "constellation"));
  const value = quantile(ours, 0.5);
  const ways = peers.flatMap((name) => waysOf(name, samples));
  const figure = { bench: "scale", metric: "scale", unit: "s", value };
  const best = peers.flatMap((name) => {
    const medians = ways.filter((way) => way.name === name).map(({ seconds }) => quantile(seconds, 0.5));
    return medians.length === 0 ? [] : [{ name, value: Math.min(...medians) }];
  });
  return {
    comparisons: best.length === 0 ? [lessIsBetter(figure)] : best.map((peer) => lessIsBetter(figure, peer)),
    table: {
      title: `scale: from 0 to ${instances} instances, all healthy (s)`,
      header: ["", "runs", "best", "median", "times ours"],
      rows: [
        ["constellation", ...figuresOf(ours), ""],
        ...ways.map(({ name, concurrency, seconds }) => [
          `${name}, ${concurrency} at once`,
          ...figuresOf(seconds),
          (quantile(seconds, 0.5) / value).toFixed(2),
        ]),
      ],
      notes: [
        "Each container of a peer is waited for until its workload's first instruction, each of ours until it is reported healthy.",
        "crun: the same overlay and network, then crun run --detach, and nobody who keeps it: the machine's own floor.",
        ...peers
          .filter((name) => !best.some((one) => one.name === name))
          .map((name) => `${name} is not installed and left out; npm run bench installs it.`),
        ...missingNote(ways.length, best.length * concurrencies.length),
      ],
    },
  };
}

function waysOf(name: Peer, samples: readonly Sample[]) {
  return concurrencies.flatMap((concurrency) => {
    const own = samples.filter((one) => one.contender === name && one.concurrency === concurrency);
    return own.length === 0 ? [] : [{ name, concurrency, seconds: secondsOf(own) }];
  });
}

function missingNote(measured: number, all: number): string[] {
  if (measured === all) return [];
  return [`With fewer than ${concurrencies.length} runs, not every concurrency of the peers is tried.`];
}

const secondsOf = (samples: readonly Sample[]) => samples.map(({ seconds }) => seconds);

function figuresOf(seconds: readonly number[]): string[] {
  return [String(seconds.length), ...[0, 0.5].map((share) => quantile(seconds, share).toFixed(2))];
}
