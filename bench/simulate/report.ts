import { lessIsBetter } from "../compare.ts";
import type { Report } from "../types.ts";
import { type Figures, type Phase, parts } from "./types.ts";

const megabyte = 1_000_000;

/** Nobody does the same: the figures stand alone. What did not converge has no time. */
export function reportSimulate(figures: Figures): Report {
  const { hosts, instances, dead, joinSeconds, placed, replaced, memory, breaks, writesAgain } = figures;
  const figure = (metric: string, unit: string, value: number) =>
    lessIsBetter({ bench: "simulate", metric, unit, value });
  const ofPhase = (name: string, phase: Phase) => [
    ...(phase.hasConverged ? [figure(`${name}.seconds`, "s", phase.seconds)] : []),
    figure(`${name}.missing`, "instances", instances - phase.running),
    figure(`${name}.assignments`, "1/s", phase.assignmentsPerSecond),
    figure(`${name}.observations`, "1/s", phase.observationsPerSecond),
    ...parts.map((part) => figure(`${name}.processor.${part}`, "s", phase.processor[part])),
  ];
  const rows = (what: string, phase: Phase) => [
    [`${what} (s)`, phase.hasConverged ? phase.seconds.toFixed(1) : `not within ${phase.seconds.toFixed(0)}`],
    ["  instances that run then", String(phase.running)],
    ["  assignments sent (1/s)", phase.assignmentsPerSecond.toFixed(1)],
    ["  observations stored (1/s)", phase.observationsPerSecond.toFixed(1)],
    [
      "  processor time of agent, etcd, hosts (s)",
      parts.map((part) => phase.processor[part].toFixed(1)).join(", "),
    ],
  ];
  return {
    comparisons: [
      figure("agent.rss", "MB", memory.agent / megabyte),
      figure("etcd.rss", "MB", memory.etcd / megabyte),
      figure("join.seconds", "s", joinSeconds),
      ...ofPhase("place", placed),
      ...(replaced ? ofPhase("replace", replaced) : []),
    ],
    table: {
      title: `simulate: ${hosts} hosts, ${instances} instances`,
      header: ["", ""],
      rows: [
        ["all hosts joined (s)", joinSeconds.toFixed(1)],
        ...rows("all instances placed and reported", placed),
        ...(replaced
          ? rows(`the same after ${dead} hosts died`, replaced)
          : [[`the same after ${dead} hosts died (s)`, "not measured"]]),
        ["server's agent, most resident (MB)", (memory.agent / megabyte).toFixed(0)],
        ["etcd, most resident (MB)", (memory.etcd / megabyte).toFixed(0)],
        ["connections that broke off", String(breaks)],
        ["writes of services that were tried again", String(writesAgain)],
      ],
      notes: [
        "The agent, its store, leader and sessions are those that are shipped; the hosts share this machine's processors with them.",
        "A simulated host joins, beats and reports as a real one, and starts nothing: what is placed on it runs at once.",
        "A host dies by ending its connections. The time until it is lost is part of the second convergence.",
      ],
    },
  };
}
