import { closeSync, openSync, rmSync, statfsSync } from "node:fs";
import { constants } from "node:os";
import { codeOf, errnoError, wrapNodeError } from "../error.ts";
import type { Libc } from "../functions.ts";
import { unmount } from "../mount/mount.ts";

const CLONE_NEWNET = 0x40000000;
const MS_BIND = 0x1000;
const NSFS_MAGIC = 0x6e736673;
const currentNetns = "/proc/thread-self/ns/net";

/**
 * Network namespaces as files. The agent's one thread visits a namespace and comes back before anything else can run
 * on it: the visits are synchronous. A thread that could not come back would do the host's work in an instance's
 * network, so then the process aborts and its guard starts it anew.
 */
export interface NetnsVisitor {
  /** Makes a namespace, pins it at `file` and runs `visit` inside. Throws EEXIST where a namespace is pinned already. */
  create<Result>(file: string, visit: () => Result): Result;
  /** Runs `visit` inside the namespace pinned at `file`. */
  enter<Result>(file: string, visit: () => Result): Result;
  close(): void;
}

export function createNetnsVisitor(libc: Libc): NetnsVisitor {
  let home = openSync(currentNetns, "r");

  return {
    create(file, visit) {
      closeSync(open(file, "a")); // The file may be left from a crash before the bind mount.
      if (isPinned(file)) throw errnoError(`create network namespace ${file}`, constants.errno.EEXIST);
      if (libc.unshare(CLONE_NEWNET) !== 0) {
        throw errnoError(`create network namespace ${file}`, libc.errno());
      }
      return thenHome(() => {
        if (libc.mount(currentNetns, file, null, MS_BIND, null) !== 0) {
          throw errnoError(`pin network namespace ${file}`, libc.errno());
        }
        return visit();
      });
    },
    enter(file, visit) {
      const fd = open(file, "r");
      try {
        if (libc.setns(fd, CLONE_NEWNET) !== 0) {
          throw errnoError(`enter network namespace ${file}`, libc.errno());
        }
      } finally {
        closeSync(fd);
      }
      return thenHome(visit);
    },
    close() {
      if (home >= 0) closeSync(home);
      home = -1;
    },
  };

  function thenHome<Result>(visit: () => Result): Result {
    try {
      return visit();
    } finally {
      if (libc.setns(home, CLONE_NEWNET) !== 0) process.abort();
    }
  }
}

/** Whether a namespace is pinned there. An empty file, left from a crash half-way, is none. */
export function isPinned(file: string): boolean {
  try {
    return statfsSync(file).type === NSFS_MAGIC;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw wrapNodeError(`look at network namespace ${file}`, error);
  }
}

/** Takes the pin and its file away; nothing to do where there is none. */
export function unpin(libc: Libc, file: string): void {
  unmount(libc, file);
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw wrapNodeError(`remove network namespace ${file}`, error);
  }
}

/** Holds the namespace pinned at `file` open while it is used. */
export async function withFile<Result>(file: string, use: (fd: number) => Promise<Result>): Promise<Result> {
  const fd = open(file, "r");
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

function open(file: string, flags: "r" | "a"): number {
  try {
    return openSync(file, flags);
  } catch (error) {
    throw wrapNodeError(`open network namespace ${file}`, error);
  }
}
