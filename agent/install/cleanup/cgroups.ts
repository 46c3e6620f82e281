import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentPaths } from "../../../contract/index.ts";
import { serviceManagers } from "../managers/index.ts";
import { cgroupTrees } from "../mountinfo.ts";
import { readText } from "../process-id.ts";
import type { CleanupStep } from "../types.ts";

/** How far below a tree's root an agent's cgroup may lie: a unit of systemd is two levels down. */
const deepest = 3;

/** Cgroups named by the agent's id, and those of its service, with all below them, in every tree. */
export const cgroups: CleanupStep = {
  kind: "cgroup",
  find: async (paths) => cgroupsOf(paths),
  remove: async (cgroup) => removeCgroup(cgroup),
};

export function cgroupsOf(paths: AgentPaths): string[] {
  const names = [paths.id, ...serviceManagers.flatMap((manager) => manager.cgroupsOf(paths))];
  const trees = cgroupTrees(readFileSync("/proc/self/mountinfo", "utf8"));
  return [...new Set(trees.map(({ path }) => path))].flatMap((path) =>
    names.flatMap((name) => findNamed(path, name, deepest)),
  );
}

/** The processes of a cgroup and of all below it. */
export function processesInCgroup(cgroup: string): number[] {
  const own = readText(join(cgroup, "cgroup.procs"))
    .split("\n")
    .filter((line) => line !== "");
  return [...own.map(Number), ...childrenOf(cgroup).flatMap((child) => processesInCgroup(child))];
}

function findNamed(folder: string, name: string, levels: number): string[] {
  return childrenOf(folder).flatMap((child) => {
    if (child === join(folder, name)) return [child];
    return levels > 1 ? findNamed(child, name, levels - 1) : [];
  });
}

/** A frozen process does not die by a signal on a v1 tree. */
export function thaw(cgroup: string): void {
  const state = join(cgroup, "freezer.state");
  if (existsSync(state)) writeFileSync(state, "THAWED");
  for (const child of childrenOf(cgroup)) thaw(child);
}

/** The kernel's files cannot be deleted: only the folders are, the deepest first. */
function removeCgroup(cgroup: string): void {
  for (const child of childrenOf(cgroup)) removeCgroup(child);
  rmdirSync(cgroup);
}

function childrenOf(cgroup: string): string[] {
  try {
    const entries = readdirSync(cgroup, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(cgroup, name));
  } catch {
    return []; // it has just been removed
  }
}
