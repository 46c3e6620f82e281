import { existsSync, readdirSync, realpathSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { AdapterError, codeOf } from "../libc/index.ts";
import type { CgroupVersion } from "./types.ts";

const CGROUP_MAGIC = 0x27e0eb;
const CGROUP2_MAGIC = 0x63677270;

/** Where the trees are. In v2 every controller is in the one tree. */
export interface Trees {
  readonly version: CgroupVersion;
  /** Every tree once, also v1's named ones. */
  readonly all: readonly string[];
  /** The tree of a controller; undefined when it is not mounted. */
  of(controller: "memory" | "cpuacct" | "pids" | "freezer"): string | undefined;
}

/** Looks at what is mounted below `mountRoot`, usually /sys/fs/cgroup. Throws ENODEV when that is nothing. */
export function detectTrees(mountRoot: string): Trees {
  if (magicOf(mountRoot) === CGROUP2_MAGIC) return { version: "v2", all: [mountRoot], of: () => mountRoot };
  const entries = existsSync(mountRoot) ? readdirSync(mountRoot) : [];
  // Controllers that share a tree have a folder `cpu,cpuacct` and a link a controller, which lead to the same path.
  const mounted = entries
    .map((name) => join(mountRoot, name))
    .filter((path) => magicOf(path) === CGROUP_MAGIC)
    .map((path) => realpathSync(path));
  if (mounted.length === 0) {
    throw new AdapterError(
      `look for cgroups at ${mountRoot}`,
      "ENODEV",
      "none are mounted; mount them there",
    );
  }
  return {
    version: "v1",
    all: [...new Set(mounted)].sort(),
    of: (controller) => {
      const path = join(mountRoot, controller);
      return magicOf(path) === CGROUP_MAGIC ? path : undefined;
    },
  };
}

function magicOf(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
