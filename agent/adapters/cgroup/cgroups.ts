import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AdapterError, codeOf, wrapNodeError } from "../libc/index.ts";
import { detectTrees, type Trees } from "./detect.ts";
import { childrenOf, isAbsent } from "./files.ts";
import { killAll, processesIn } from "./kill.ts";
import type { Cgroups } from "./types.ts";
import { readUsage } from "./usage.ts";

const limits = {
  /** A cgroup stays busy for a moment after its last process has ended. */
  busyMs: 500,
  busyPauseMs: 5,
};

/** `parent`: the name of the agent's own cgroup, its id. Throws ENODEV when no cgroups are mounted at `mountRoot`. */
export function createCgroups({ mountRoot, parent }: { mountRoot: string; parent: string }): Cgroups {
  const trees = detectTrees(mountRoot);
  const pathOf = (name: string) => {
    if (name === "" || name.startsWith(".") || name.includes("/")) {
      throw new AdapterError(`use cgroup ${name}`, "EINVAL", "not a name");
    }
    return `/${parent}/${name}`;
  };
  return {
    version: trees.version,
    pathOf,
    async create(name) {
      for (const tree of trees.all) await makeFolder(join(tree, pathOf(name)));
    },
    usage: async (name) => readUsage(trees, pathOf(name)),
    processes: async (name) => processesIn(trees, pathOf(name)),
    kill: async (name) => killAll(trees, pathOf(name)),
    async remove(name) {
      for (const tree of trees.all) await removeFolder(join(tree, pathOf(name)));
    },
    list: async () => listNames(trees, parent),
  };
}

async function listNames(trees: Trees, parent: string): Promise<string[]> {
  const names = await Promise.all(trees.all.map((tree) => childrenOf(join(tree, parent))));
  return [...new Set(names.flat())].sort();
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw wrapNodeError(`create cgroup ${folder}`, error);
  }
}

async function removeFolder(folder: string): Promise<void> {
  for (const child of await childrenOf(folder)) await removeFolder(join(folder, child));
  const deadline = performance.now() + limits.busyMs;
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (isAbsent(error)) return;
      const isBusy = codeOf(error) === "EBUSY";
      if (!isBusy || performance.now() > deadline) throw wrapNodeError(`remove cgroup ${folder}`, error);
    }
    await delay(limits.busyPauseMs);
  }
}
