import { lessIsBetter } from "../compare.ts";
import type { Memory } from "../processes.ts";
import type { Comparison, Report } from "../types.ts";
import type { Figures, Growth } from "./types.ts";

const megabyte = 1e6;
const mebibyte = 2 ** 20;

/** Promised: megabytes of the agent, percent of a core. */
const goals = { idleRss: 95, fullRss: 120, processor: 1 };
/** The agent's whole family, as the table lists them. */
const family = ["agent", "guard", "etcd", "names", "monitor"] as const;

/** Compares what an instance costs beyond its workload with podman, and the agent with its goals. */
export function reportFootprint(figures: Figures): Report {
  const { instances, seconds, idle, full, usedMs, probedMs, ours, bare, podman } = figures;
  const workload = growthPer(bare, instances);
  const value = growthPer(ours, instances) - workload;
  const peerValue = podman && growthPer(podman, instances) - workload;
  const of = (memory: Memory, program: string) => memory.programs[program] ?? { rss: 0, pss: 0, own: 0 };
  const percent = (program: string, used = usedMs) => ((used[program] ?? 0) / (seconds * 1_000)) * 100;
  const row = (metric: string, unit: string, number: number, goal?: number): Comparison =>
    lessIsBetter(
      { bench: "footprint", metric, unit, value: number },
      goal === undefined ? undefined : { name: "goal", value: goal },
    );
  const names = `${instances}`;
  return {
    comparisons: [
      lessIsBetter(
        { bench: "footprint", metric: "instance.memory", unit: "MiB", value: value / mebibyte },
        peerValue === undefined ? undefined : { name: "podman", value: peerValue / mebibyte },
      ),
      row("agent.rss.idle", "MB", of(idle, "agent").rss / megabyte, goals.idleRss),
      row(`agent.rss.${names}`, "MB", of(full, "agent").rss / megabyte, goals.fullRss),
      row("agent.private.idle", "MB", of(idle, "agent").own / megabyte),
      row(`agent.private.${names}`, "MB", of(full, "agent").own / megabyte),
      ...(["guard", "etcd", "names"] as const).flatMap((program) => [
        row(`${program}.rss.idle`, "MB", of(idle, program).rss / megabyte),
        row(`${program}.rss.${names}`, "MB", of(full, program).rss / megabyte),
      ]),
      row(`agent.cpu.${names}`, "%", percent("agent"), goals.processor),
      ...family.slice(1).map((program) => row(`${program}.cpu.${names}`, "%", percent(program))),
      row(`agent.cpu.${names}.probed`, "%", percent("agent", probedMs)),
    ],
    table: {
      title: `footprint: the agent's family with 2 instances, with ${instances} more, and their processor time over ${seconds} s`,
      header: ["", "RSS", "own", "RSS", "own", "CPU", "CPU, probed"],
      rows: [
        ["", "idle, MB", "", `${instances}, MB`, "", "% of a core", "% of a core"],
        ...family.map((program) => [
          program,
          ...[idle, full].flatMap((memory) => {
            const { rss, own } = of(memory, program);
            return [(rss / megabyte).toFixed(1), (own / megabyte).toFixed(1)];
          }),
          percent(program).toFixed(2),
          percent(program, probedMs).toFixed(2),
        ]),
      ],
      notes: [
        `An instance beyond its workload: ${partsOf(ours, bare, instances)}.`,
        podman === undefined
          ? "podman is not installed and left out; npm run bench installs it."
          : `A container of podman: ${partsOf(podman, bare, instances)}.`,
        "own: pages that no other process has mapped; the rest of RSS is mostly Node's program file.",
      ],
    },
  };
}

function partsOf(growth: Growth, bare: Growth, instances: number): string {
  const mib = (part: (memory: Memory) => number) => {
    const difference = part(growth.after) - part(growth.before) - (part(bare.after) - part(bare.before));
    return (difference / instances / mebibyte).toFixed(2);
  };
  const parts = `${mib(processes)} in processes, ${mib(({ kernel }) => kernel)} in the kernel, ${mib(({ files }) => files)} in files`;
  return `${mib(total)} MiB (${parts})`;
}

function growthPer({ before, after }: Growth, instances: number): number {
  return (total(after) - total(before)) / instances;
}

function total(memory: Memory): number {
  return processes(memory) + memory.kernel + memory.files;
}

function processes({ programs }: Memory): number {
  return Object.values(programs).reduce((sum, { pss }) => sum + pss, 0);
}
