import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { peers, type Sample } from "./types.ts";

const ours = "constellation";
const metrics = [
  { name: "start.p50", share: 0.5 },
  { name: "start.p99", share: 0.99 },
] as const;

/** Compares our starts with each measured peer's. */
export function reportStarts(samples: readonly Sample[]): Report {
  const times = Map.groupBy(samples, ({ contender }) => contender);
  const msOf = (contender: string) => (times.get(contender) ?? []).map(({ ms }) => ms);
  const measured = peers.filter((peer) => times.has(peer));

  const comparisons = metrics.flatMap(({ name, share }) =>
    measured.map((peer) =>
      lessIsBetter(
        { bench: "start", metric: name, unit: "ms", value: quantile(msOf(ours), share) },
        { name: peer, value: quantile(msOf(peer), share) },
      ),
    ),
  );

  const rows = [ours, ...measured].map((name) => {
    const figures = [0, 0.5, 0.99].map((share) => quantile(msOf(name), share).toFixed(1));
    const ratio = quantile(msOf(name), 0.5) / quantile(msOf(ours), 0.5);
    return [name, ...figures, name === ours ? "" : ratio.toFixed(2)];
  });
  const missing = peers.filter((peer) => !times.has(peer));
  const runs = msOf(ours).length;
  const busy = samples.filter(({ wasIdle }) => !wasIdle).length;
  return {
    comparisons,
    table: {
      title: `start: one more replica, from the request to the workload's first instruction (ms, ${runs} runs)`,
      header: ["", "min", "p50", "p99", "times ours"],
      rows,
      notes: [
        `${samples.length - busy} of ${samples.length} samples began on an idle machine.`,
        ...missing.map((peer) => `${peer} is not installed and left out; npm run bench installs it.`),
        ...(runs < 100 ? ["With fewer than 100 runs, p99 is the slowest one."] : []),
      ],
    },
  };
}
