import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AdapterError, codeOf } from "../libc/index.ts";

const limits = { endMs: 5_000, pollMs: 10 };

/**
 * Ends what runs in a container's cgroups, and removes these: the way where crun's own notes of it are damaged.
 * @param mountRoot usually /sys/fs/cgroup. @param name `<agent's id>/<container's id>`.
 */
export async function endByCgroups(mountRoot: string, name: string): Promise<void> {
  const deadline = performance.now() + limits.endMs;
  for (;;) {
    const left = treesOf(mountRoot, name).filter((cgroup) => !isRemoved(cgroup));
    if (left.length === 0) return;
    if (performance.now() > deadline)
      throw new AdapterError(`end container ${name}`, "EBUSY", `still in use: ${left.join(", ")}`);
    for (const pid of left.flatMap(pidsOf)) kill(pid);
    await delay(limits.pollMs);
  }
}

/** In version 2's one tree, and in each of version 1's. */
function treesOf(mountRoot: string, name: string): string[] {
  return [mountRoot, ...readdirSync(mountRoot).map((tree) => join(mountRoot, tree))]
    .map((tree) => join(tree, name))
    .filter((cgroup) => existsSync(cgroup));
}

function isRemoved(cgroup: string): boolean {
  try {
    for (const child of childrenOf(cgroup)) isRemoved(child);
    rmdirSync(cgroup);
    return true;
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}

function pidsOf(cgroup: string): number[] {
  try {
    const own = readFileSync(join(cgroup, "cgroup.procs"), "utf8").split("\n").map(Number);
    // The kernel writes 0 for one that cannot be seen from here; to kill(2) that is whoever asks.
    return [...own.filter((pid) => pid > 0), ...childrenOf(cgroup).flatMap(pidsOf)];
  } catch {
    return []; // It has just been removed.
  }
}

function childrenOf(cgroup: string): string[] {
  const entries = readdirSync(cgroup, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(cgroup, name));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
