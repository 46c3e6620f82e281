import { join } from "node:path";

/** Where this adapter keeps what it knows: all below one folder in memory, gone after a reboot. */
export function runtimePaths(folder: string) {
  return {
    /** crun's own: `<id>/status`, `<id>/exec.fifo`, `<id>/seccomp.bpf`. */
    state: join(folder, "crun"),
    /** A file an id, written by conmon when its container has ended: the exit code. */
    exits: join(folder, "exits"),
    /** Filters that crun compiled once. */
    filters: join(folder, "filters"),
    bundle: (id: string) => join(folder, "bundles", id),
    bundles: join(folder, "bundles"),
    /** Where crun itself is mounted read-only. */
    program: join(folder, "program", "crun"),
  };
}

export type RuntimePaths = ReturnType<typeof runtimePaths>;
