import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstanceCounters } from "../../stats/index.ts";
import { field, limit, natural } from "./parse.ts";

const mountRoot = "/sys/fs/cgroup";

/** Reads the cgroups below `parent`, by an instance's id; undefined where there is none, or it goes this moment. */
export function createCgroupCounters(
  parent: string,
  root = mountRoot,
): (id: string) => InstanceCounters | undefined {
  const read = existsSync(join(root, "cgroup.controllers")) ? readV2 : readV1;
  return (id) => {
    try {
      return read(root, join(parent, id));
    } catch {
      return undefined; // The kernel removes a cgroup's files at any moment, one after the other.
    }
  };
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html; a file that is absent at the root of no limit's interest is none. */
function readV2(root: string, cgroup: string): InstanceCounters {
  const text = (name: string) => readFileSync(join(root, cgroup, name), "utf8");
  return {
    cpuSeconds: field(text("cpu.stat"), "usage_usec") / 1e6,
    memoryBytes: used(natural(text("memory.current")), field(text("memory.stat"), "inactive_file")),
    memoryLimitBytes: limit(text("memory.max")),
    pids: natural(text("pids.current")),
    pidsLimit: limit(text("pids.max")),
  };
}

/** https://docs.kernel.org/admin-guide/cgroup-v1/: a tree a controller. */
function readV1(root: string, cgroup: string): InstanceCounters {
  const text = (controller: string, name: string) =>
    readFileSync(join(root, controller, cgroup, `${controller}.${name}`), "utf8");
  const memoryStat = readFileSync(join(root, "memory", cgroup, "memory.stat"), "utf8");
  return {
    cpuSeconds: natural(text("cpuacct", "usage")) / 1e9,
    memoryBytes: used(natural(text("memory", "usage_in_bytes")), field(memoryStat, "total_inactive_file")),
    memoryLimitBytes: limit(text("memory", "limit_in_bytes")),
    pids: natural(text("pids", "current")),
    pidsLimit: limit(text("pids", "max")),
  };
}

/** Without the pages of files that nobody has touched for long: the kernel takes those back before it kills. */
function used(bytes: number, inactiveFileBytes: number): number {
  return Math.max(0, bytes - inactiveFileBytes);
}
