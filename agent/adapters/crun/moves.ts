import { openSync, readFileSync, write } from "node:fs";
import { join } from "node:path";

/**
 * Readies the kernel for moves between cgroups, which crun makes for every container. Before the first move after a
 * rest the kernel waits until no fork is under way anywhere (an RCU grace period: 10 to 20 ms), for later ones it need
 * not for about as long. A process moved to where it is already is such a move, too: made when a start begins, its
 * wait goes by while the container's root and network are made.
 */
export interface CgroupMoves {
  /** Returns at once. A failure costs nothing but the time that would have been saved. */
  ready(): void;
}

/** @param mountRoot usually /sys/fs/cgroup. */
export function createCgroupMoves(mountRoot: string): CgroupMoves {
  const file = openProcsFile(mountRoot);
  let isUnderWay = false;
  return {
    ready() {
      if (isUnderWay || file === undefined) return;
      isUnderWay = true;
      // "0" is the writer itself. Open all the time: every further turn through the thread pool would come late.
      write(file, "0", () => {
        isUnderWay = false;
      });
    },
  };
}

function openProcsFile(mountRoot: string): number | undefined {
  const path = ownProcsFile(readFileSync("/proc/self/cgroup", "utf8"), mountRoot);
  try {
    return path === undefined ? undefined : openSync(path, "w");
  } catch {
    return undefined; // a tree that is mounted elsewhere, or read-only: then crun waits itself
  }
}

/**
 * Where this process is, in any of the trees; undefined when it is in none. Takes the text of /proc/self/cgroup.
 * v1's trees are found by their controllers' names, or `name=systemd` without the first part.
 */
export function ownProcsFile(memberships: string, mountRoot: string): string | undefined {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/m.exec(memberships) ?? [];
  if (controllers === undefined || path === undefined) return undefined;
  return join(mountRoot, controllers.replace(/^name=/, ""), path, "cgroup.procs");
}
