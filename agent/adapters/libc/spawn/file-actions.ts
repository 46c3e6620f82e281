import { closeSync } from "node:fs";
import { errnoError } from "../error.ts";
import type { Libc } from "../functions.ts";

const FILE_ACTIONS_BYTES = 128; // sizeof(posix_spawn_file_actions_t) is 80 in glibc; the rest is room.
const F_DUPFD_CLOEXEC = 1030;
const O_RDWR = 2;

/** Where each of the child's descriptors comes from. */
export type FdSources = ReadonlyMap<number, number | "null">;

/**
 * Runs `use`, at once, with the file actions that lay out a child's descriptors and working folder.
 * The kernel performs them in order, so a source that lies among the targets could be overwritten before it is
 * copied; such sources are first copied above all targets.
 */
export async function withFileActions<Result>(
  libc: Libc,
  sources: FdSources,
  cwd: string | undefined,
  use: (actions: Buffer) => Result | Promise<Result>,
): Promise<Result> {
  const actions = Buffer.alloc(FILE_ACTIONS_BYTES);
  const aboveTargets = Math.max(2, ...sources.keys()) + 1;
  const copies: number[] = [];
  check("prepare child descriptors", libc.fileActionsInit(actions));
  try {
    for (const [target, source] of sources) {
      if (source === "null") {
        check("open /dev/null for child", libc.fileActionsOpen(actions, target, "/dev/null", O_RDWR, 0));
        continue;
      }
      let safe = source;
      if (source < aboveTargets) {
        safe = libc.fcntl(source, F_DUPFD_CLOEXEC, aboveTargets);
        if (safe < 0) throw errnoError(`copy descriptor ${source} for child`, libc.errno());
        copies.push(safe);
      }
      check("pass descriptor to child", libc.fileActionsDup2(actions, safe, target));
    }
    if (libc.fileActionsCloseFrom) {
      check("keep descriptors from child", libc.fileActionsCloseFrom(actions, aboveTargets));
    }
    if (cwd !== undefined) check(`set working folder ${cwd}`, libc.fileActionsChdir(actions, cwd));
    return await use(actions);
  } finally {
    libc.fileActionsDestroy(actions);
    for (const copy of copies) closeSync(copy);
  }
}

/** posix_spawn's own functions return the error number instead of setting errno. */
function check(action: string, errno: number): void {
  if (errno !== 0) throw errnoError(action, errno);
}
