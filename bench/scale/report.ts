import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { concurrencies, type Sample } from "./types.ts";

/** The median of ours beside the best of podman's medians, one for each concurrency that was measured. */
export function reportScale(samples: readonly Sample[], instances: number): Report {
  const ours = secondsOf(samples.filter(({ contender }) => contender === "constellation"));
  const podmans = concurrencies.flatMap((concurrency) => {
    const own = samples.filter((sample) => sample.concurrency === concurrency);
    return own.length === 0 ? [] : [{ concurrency, seconds: secondsOf(own) }];
  });
  const value = quantile(ours, 0.5);
  const best = podmans.map(({ seconds }) => quantile(seconds, 0.5)).toSorted((a, b) => a - b)[0];
  const figure = { bench: "scale", metric: "scale", unit: "s", value };
  return {
    comparisons: [
      best === undefined ? lessIsBetter(figure) : lessIsBetter(figure, { name: "podman", value: best }),
    ],
    table: {
      title: `scale: from 0 to ${instances} instances, all healthy (s)`,
      header: ["", "runs", "best", "median", "times ours"],
      rows: [
        ["constellation", ...figuresOf(ours), ""],
        ...podmans.map(({ concurrency, seconds }) => [
          `podman, ${concurrency} at once`,
          ...figuresOf(seconds),
          (quantile(seconds, 0.5) / value).toFixed(2),
        ]),
      ],
      notes: [
        "Each podman is waited for until its workload's first instruction, each of ours until it is reported healthy.",
        ...(podmans.length === 0 ? ["podman is not installed and left out; npm run bench installs it."] : []),
        ...missingNote(podmans.length),
      ],
    },
  };
}

function missingNote(measured: number): string[] {
  const fewer = measured > 0 && measured < concurrencies.length;
  return fewer
    ? [`With fewer than ${concurrencies.length} runs, not every concurrency of podman's is tried.`]
    : [];
}

const secondsOf = (samples: readonly Sample[]) => samples.map(({ seconds }) => seconds);

function figuresOf(seconds: readonly number[]): string[] {
  return [String(seconds.length), ...[0, 0.5].map((share) => quantile(seconds, share).toFixed(2))];
}
