import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { type Load, loads, peers, type Sample } from "./types.ts";

const ours = "constellation";
const metrics = [
  { name: "start.p50", load: "idle", share: 0.5 },
  { name: "start.p99", load: "idle", share: 0.99 },
  { name: "start.busy.p50", load: "busy", share: 0.5 },
  { name: "start.busy.p99", load: "busy", share: 0.99 },
] as const;
const rowNames: Record<Load, (contender: string) => string> = {
  idle: (contender) => contender,
  busy: (contender) => `${contender}, busy`,
};

/** Compares our starts with each measured peer's. */
export function reportStarts(samples: readonly Sample[]): Report {
  const times = Map.groupBy(samples, ({ contender, load }) => rowNames[load](contender));
  const msOf = (contender: string, load: Load) =>
    (times.get(rowNames[load](contender)) ?? []).map(({ ms }) => ms);
  const measured = peers.filter((peer) => times.has(peer));

  const comparisons = metrics.flatMap(({ name, load, share }) =>
    measured.map((peer) =>
      lessIsBetter(
        { bench: "start", metric: name, unit: "ms", value: quantile(msOf(ours, load), share) },
        { name: peer, value: quantile(msOf(peer, load), share) },
      ),
    ),
  );

  const rows = loads.flatMap((load) =>
    [ours, ...measured].map((name) => {
      const figures = [0, 0.5, 0.99].map((share) => quantile(msOf(name, load), share).toFixed(1));
      const ratio = quantile(msOf(name, load), 0.5) / quantile(msOf(ours, load), 0.5);
      return [rowNames[load](name), ...figures, name === ours ? "" : ratio.toFixed(2)];
    }),
  );
  const missing = peers.filter((peer) => !times.has(peer));
  const runs = msOf(ours, "idle").length;
  const atRest = samples.filter(({ load }) => load === "idle");
  const disturbed = atRest.filter(({ wasIdle }) => !wasIdle).length;
  return {
    comparisons,
    table: {
      title: `start: one more replica, from the request to the workload's first instruction (ms, ${runs} runs)`,
      header: ["", "min", "p50", "p99", "times ours"],
      rows,
      notes: [
        `${atRest.length - disturbed} of ${atRest.length} samples began on an idle machine.`,
        "busy: an instance keeps all processors busy; it reserves one core.",
        ...missing.map((peer) => `${peer} is not installed and left out; npm run bench installs it.`),
        ...(runs < 100 ? ["With fewer than 100 runs, p99 is the slowest one."] : []),
      ],
    },
  };
}
