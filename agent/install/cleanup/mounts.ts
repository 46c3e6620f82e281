import { readFileSync } from "node:fs";
import type { AgentPaths } from "../../../contract/index.ts";
import { pinOf } from "../guard-record.ts";
import { mountsBelow } from "../mountinfo.ts";
import { run } from "../programs.ts";
import type { CleanupStep } from "../types.ts";

/** Instances' roots, pins of network namespaces, tmpfs of secrets. */
export const mounts: CleanupStep = {
  kind: "mount",
  find: async (paths) => mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), foldersOf(paths)),
  remove: async (path) => await unmount([], path),
};

/** The same in the agent's own mount namespace; the namespace itself goes with its pin, a mount of the machine. */
export const privateMounts: CleanupStep = {
  kind: "mount in the agent's namespace",
  async find(paths) {
    const pin = pinOf(paths);
    if (pin === undefined) return [];
    const mountinfo = await run("nsenter", [`--mount=${pin}`, "cat", "/proc/self/mountinfo"]);
    return mountsBelow(mountinfo, foldersOf(paths));
  },
  async remove(path, paths) {
    const pin = pinOf(paths);
    if (pin !== undefined) await unmount(["nsenter", `--mount=${pin}`], path);
  },
};

function foldersOf({ stateDir, runDir }: AgentPaths): string[] {
  return [stateDir, runDir];
}

/** A mount still in use is detached: it disappears at once, and ends with its last user. */
async function unmount(prefix: readonly string[], path: string): Promise<void> {
  const [program = "umount", ...args] = [...prefix, "umount"];
  await run(program, [...args, "--no-canonicalize", path]).catch(
    async () => await run(program, [...args, "--no-canonicalize", "--lazy", path]),
  );
}
