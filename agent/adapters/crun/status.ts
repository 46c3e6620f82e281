import { join } from "node:path";
import type { Ending, ProcessIdentity, ProcessView } from "../../instances/index.ts";
import { isAlive } from "../libc/index.ts";
import { exists, readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";
import { monitorPid } from "./monitor.ts";

/**
 * What crun's and conmon's files say of a container, checked against the process table.
 * An exit file settles it: conmon writes it once, by rename. Until then a container whose process is gone counts as
 * running while its monitor lives, which is about to write it; without a monitor nobody will ever know how it ended.
 */
export async function lookAt(paths: RuntimePaths, id: string): Promise<ProcessView> {
  const ending = readEnding(paths, id);
  if (ending) return { kind: "ended", ending };
  const process = readProcess(paths, id);
  if (process === undefined) return { kind: "none" };
  if (isWaiting(paths, id)) return { kind: "created", process };
  // In this order: a monitor ends by itself once its process has.
  const isMonitored = monitorPid(paths, id) !== undefined;
  if (await isAlive(process))
    return { kind: "running", process, ...(!isMonitored && { hasLostMonitor: true as const }) };
  if (monitorPid(paths, id) !== undefined) return { kind: "running", process };
  return { kind: "ended", ending: readEnding(paths, id) ?? { outOfMemory: wasOutOfMemory(paths, id) } };
}

/** crun's status file: `pid` and `process-start-time`, in clock ticks since boot. */
export function readProcess(paths: RuntimePaths, id: string): ProcessIdentity | undefined {
  const text = readIfThere(join(paths.state, id, "status"));
  if (text === undefined) return undefined;
  try {
    const status: Record<string, unknown> = JSON.parse(text);
    const pid = Number(status.pid);
    return pid > 0 ? { pid, startTime: String(status["process-start-time"]) } : undefined;
  } catch {
    return undefined; // Half written by a crun that was killed: as good as none.
  }
}

function readEnding(paths: RuntimePaths, id: string): Ending | undefined {
  const path = join(paths.exits, id);
  // Mostly it is not there: to ask is a tenth of the price of a failed reading.
  const text = exists(path) ? readIfThere(path) : undefined;
  if (text === undefined) return undefined;
  const code = Number.parseInt(text, 10);
  return { ...(Number.isInteger(code) && { code }), outOfMemory: wasOutOfMemory(paths, id) };
}

/** conmon leaves the file when the kernel killed a process of the container for its memory limit. */
function wasOutOfMemory(paths: RuntimePaths, id: string): boolean {
  return readIfThere(join(paths.bundle(id), "oom")) !== undefined;
}

/** crun's init waits behind this pipe; whoever lets it go removes it. */
function isWaiting(paths: RuntimePaths, id: string): boolean {
  return exists(join(paths.state, id, "exec.fifo"));
}
