import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { type FoundProcess, findProcesses } from "../libc/index.ts";

/**
 * The running member that works in this run folder, or serves this data. Looked for, never remembered: a second one
 * would take the sockets from the first, and wait for its data for ever.
 */
export function findMember({
  runDir,
  dataDir,
}: {
  readonly runDir: string;
  readonly dataDir?: string;
}): FoundProcess | undefined {
  const folder = existsSync(runDir) ? realpathSync(runDir) : runDir;
  const members = findProcesses((argv) => basename(argv[0] ?? "") === "etcd");
  return members.find(
    ({ pid, argv }) => workingFolder(pid) === folder || argv.includes(`--data-dir=${dataDir}`),
  );
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // It ended while we looked.
  }
}
