import { lessIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import type { Sample, Together } from "./types.ts";

/** Compares the medians; `kitBytes`: what is sent to a machine that has nothing of it. */
export function reportBootstrap(samples: readonly Sample[], together: Together, kitBytes: number): Report {
  const ups = samples.map(({ up }) => up);
  const copies = samples.map(({ copy }) => copy);
  const row = (name: string, seconds: readonly number[]) => [
    `${name} (${seconds.length})`,
    ...[0, 0.5, 1].map((share) => quantile(seconds, share).toFixed(2)),
  ];
  const figure = { bench: "bootstrap", unit: "s" };
  return {
    comparisons: [
      lessIsBetter(
        { ...figure, metric: "host.p50", value: quantile(ups, 0.5) },
        { name: "ssh-copy", value: quantile(copies, 0.5) },
      ),
      lessIsBetter({ ...figure, metric: "hosts.together", value: together.seconds }),
    ],
    table: {
      title: "bootstrap: from a machine with sshd to a host of the cluster (s)",
      header: ["", "min", "p50", "max"],
      rows: [
        row("pulumi up, one host more", ups),
        row(`the same ${(kitBytes / 1024 ** 2).toFixed(0)} MiB by ssh and tar`, copies),
        row(`pulumi up, ${together.hosts} more at once`, [together.seconds]),
      ],
      notes: [
        "An up is the whole command: the engine's own time, a look at the machine, the kit, the join, and its first heartbeat.",
        "The kit was built before. The copy is of the files as they lie packed, and starts nothing.",
      ],
    },
  };
}
