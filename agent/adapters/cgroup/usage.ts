import { join } from "node:path";
import type { Trees } from "./detect.ts";
import { readIfPresent } from "./files.ts";
import type { CgroupUsage } from "./types.ts";

/** Reads the controllers' counters of the cgroup at `path` in each tree; a counter that is not there is 0. */
export async function readUsage(trees: Trees, path: string): Promise<CgroupUsage | undefined> {
  return trees.version === "v2" ? readV2(trees, path) : readV1(trees, path);
}

async function readV2(trees: Trees, path: string): Promise<CgroupUsage | undefined> {
  const folder = join(trees.of("memory") ?? "", path);
  const names = [
    "cgroup.procs",
    "memory.current",
    "memory.stat",
    "memory.events",
    "cpu.stat",
    "pids.current",
  ];
  const [procs, current, stat, events, cpu, pids] = await Promise.all(
    names.map((name) => readIfPresent(join(folder, name))),
  );
  if (procs === undefined) return undefined;
  return {
    memoryBytes: workingSet(toNumber(current), field(stat, "inactive_file")),
    cpuTimeUs: field(cpu, "usage_usec"),
    processes: toNumber(pids),
    oomKills: field(events, "oom_kill"),
  };
}

async function readV1(trees: Trees, path: string): Promise<CgroupUsage | undefined> {
  const read = (controller: "memory" | "cpuacct" | "pids", name: string) => {
    const tree = trees.of(controller);
    return tree === undefined ? undefined : readIfPresent(join(tree, path, name));
  };
  const [current, stat, oom, cpuNs, pids] = await Promise.all([
    read("memory", "memory.usage_in_bytes"),
    read("memory", "memory.stat"),
    read("memory", "memory.oom_control"),
    read("cpuacct", "cpuacct.usage"),
    read("pids", "pids.current"),
  ]);
  if (current === undefined && cpuNs === undefined && pids === undefined) return undefined;
  return {
    memoryBytes: workingSet(toNumber(current), field(stat, "total_inactive_file")),
    cpuTimeUs: Math.floor(toNumber(cpuNs) / 1_000),
    processes: toNumber(pids),
    oomKills: field(oom, "oom_kill"),
  };
}

/** The two are read one after the other, so the cache may be larger than the whole was. */
function workingSet(currentBytes: number, inactiveFileBytes: number): number {
  return Math.max(0, currentBytes - inactiveFileBytes);
}

function toNumber(text: string | undefined): number {
  return Number(text ?? 0);
}

/** Files such as memory.stat hold a name, a blank and a number a line. */
function field(text: string | undefined, name: string): number {
  const line = text?.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
