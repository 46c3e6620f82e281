import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { contenders, type Phase, phases, type Sample } from "./types.ts";

const [ours, peer] = contenders;
const titles: Record<Phase, string> = { first: "first up", noop: "nothing to change" };

/** Compares the medians. */
export function reportUps(samples: readonly Sample[], services: number): Report {
  const timesOf = (contender: string, phase: Phase) =>
    samples.filter((one) => one.contender === contender && one.phase === phase).map(({ seconds }) => seconds);
  const median = (contender: string, phase: Phase) => quantile(timesOf(contender, phase), 0.5);
  return {
    comparisons: phases.map((phase) =>
      lessIsBetter(
        { bench: "up", metric: `up.${phase}`, unit: "s", value: median(ours, phase) },
        { name: peer, value: median(peer, phase) },
      ),
    ),
    table: {
      title: `up: pulumi up of ${services} services (s, medians)`,
      header: ["", ours, "min", peer, "min", "times the peer"],
      rows: phases.map((phase) => [
        titles[phase],
        ...contenders.flatMap((contender) => [
          median(contender, phase).toFixed(2),
          quantile(timesOf(contender, phase), 0).toFixed(2),
        ]),
        (median(ours, phase) / median(peer, phase)).toFixed(2),
      ]),
      notes: [
        `The first up was run once, the other one ${timesOf(ours, "noop").length} times each, in turns.`,
        "The first up also starts the agent and runs every service until it is healthy; the peer does nothing.",
      ],
    },
  };
}
