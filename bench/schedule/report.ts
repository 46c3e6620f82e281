import { lessIsBetter, moreIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import type { Figures } from "./types.ts";

const goals = { settledPassMs: 1_000 } as const;

/** Beside the peers: a plain scan for decisions, bare puts for commits, best-fit-decreasing for packing. */
export function reportSchedule(figures: Figures): Report {
  const { sizes, decisions, naive, settledPassMs, commits, puts, packing, batches } = figures;
  const figure = (metric: string, unit: string, value: number) => ({
    bench: "schedule",
    metric,
    unit,
    value,
  });
  const [p99, naiveP99] = [decisions, naive].map(({ ms }) => quantile(ms, 0.99)) as [number, number];
  const above = (hosts: number) => 100 * (hosts / packing.optimum - 1);
  const rate = (value: number) => String(Math.round(value));
  return {
    comparisons: [
      moreIsBetter(figure("decisions", "1/s", decisions.perSecond), {
        ...{ name: "plain-scan", value: naive.perSecond },
      }),
      lessIsBetter(figure("decision.p99", "ms", p99), { name: "plain-scan", value: naiveP99 }),
      moreIsBetter(figure("commits", "1/s", commits.perSecond), { name: "etcd-puts", value: puts.perSecond }),
      lessIsBetter(figure("pass.settled", "ms", settledPassMs), { name: "goal", value: goals.settledPassMs }),
      lessIsBetter(figure("packing.above-optimum", "%", above(packing.ours)), {
        ...{ name: "best-fit-decreasing", value: above(packing.bestFitDecreasing) },
      }),
    ],
    table: {
      title: `schedule: ${sizes.hosts} hosts, ${sizes.instances} instances`,
      header: ["", "ours", "peer", "the peer"],
      rows: [
        ["decisions (1/s)", rate(decisions.perSecond), rate(naive.perSecond), "plain scan"],
        ["one decision, p99 (ms)", p99.toFixed(3), naiveP99.toFixed(3), "plain scan"],
        ["durable placements (1/s)", rate(commits.perSecond), rate(puts.perSecond), "etcd puts"],
        ["a pass that finds all well (ms)", rate(settledPassMs), rate(goals.settledPassMs), "goal"],
        [
          "packing, above the optimum (%)",
          above(packing.ours).toFixed(1),
          above(packing.bestFitDecreasing).toFixed(1),
          "best-fit-decreasing",
        ],
      ],
      notes: [
        "A placement is durable once etcd has it on disk; those of some hosts go in one transaction, bare puts one by one.",
        `Packing: ${batches} batches of 16 to 24 instances; ${packing.worse} took more hosts than best-fit-decreasing.`,
        "The optimum is a branch and bound's; where that takes too long, the least that is not ruled out.",
      ],
    },
  };
}
