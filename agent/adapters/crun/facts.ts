import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { capabilityNames } from "../../../contract/index.ts";
import type { MachineFacts } from "./config.ts";

/** rlimits by the name /proc/self/limits gives them. */
const limitNames: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max address space": "as",
  "Max file locks": "locks",
  "Max pending signals": "sigpending",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
};
const CAP_SYS_RESOURCE = 24n;

/** What this machine lets a container have, read once at the agent's start. */
export function readMachineFacts(cgroupParent: string): MachineFacts {
  const isV2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const status = readFileSync("/proc/self/status", "utf8");
  return {
    cgroupParent,
    cgroup: isV2 ? "v2" : "v1",
    countsSwap: isV2
      ? existsSync("/proc/swaps") &&
        readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").includes("memory")
      : existsSync("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"),
    rlimitCeilings: rlimitCeilings(readFileSync("/proc/self/limits", "utf8"), status),
    missingCapabilities: missingCapabilities(status),
    cores: availableParallelism(),
    oomScoreAdj: containerOomScoreAdj(readFileSync("/proc/self/oom_score_adj", "utf8")),
  };
}

/**
 * The agent is the last to be killed when memory runs out, its containers are not: without a score of their own they
 * would inherit the agent's. Not below the agent's, for that takes CAP_SYS_RESOURCE.
 */
export function containerOomScoreAdj(ofAgent: string): number {
  return Math.max(0, Number(ofAgent));
}

/**
 * Hard limits that nobody here can raise, by rlimit name; none where this process holds CAP_SYS_RESOURCE.
 * Takes the texts of /proc/self/limits and /proc/self/status.
 */
export function rlimitCeilings(limits: string, status: string): Record<string, number> {
  if ((capabilityBits(status, "CapEff") >> CAP_SYS_RESOURCE) & 1n) return {};
  return Object.fromEntries(
    limits.split("\n").flatMap((line) => {
      const [, title = "", hard = ""] = /^(Max [a-z ]+?)\s{2,}\S+\s+(\S+)/.exec(line) ?? [];
      const name = limitNames[title];
      return name === undefined || hard === "unlimited" ? [] : [[name, Number(hard)]];
    }),
  );
}

/**
 * Capabilities outside of this process's bounding set, in order of their numbers: nothing it starts can have them, nor
 * those that its kernel does not know. Takes the text of /proc/self/status.
 */
export function missingCapabilities(status: string): string[] {
  const bounding = capabilityBits(status, "CapBnd");
  return capabilityNames.filter((_, bit) => ((bounding >> BigInt(bit)) & 1n) === 0n);
}

function capabilityBits(status: string, set: "CapEff" | "CapBnd"): bigint {
  return BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
}
