import { join } from "node:path";
import type { Ending, ProcessIdentity, ProcessView } from "../../instances/index.ts";
import { isAlive } from "../libc/index.ts";
import { exists, readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";
import { monitorPid } from "./monitor.ts";

/** A look is believed this long while its processes are there: a pid may have changed hands meanwhile. */
const believedMs = 30_000;

/** Looks at containers, again and again: while nothing has changed, for the price of two system calls. */
export interface Looks {
  look(id: string): Promise<ProcessView>;
  /** The container is gone; another one may get its id. */
  forget(id: string): void;
}

export function createLooks(paths: RuntimePaths): Looks {
  const believed = new Map<string, { view: ProcessView; pids: readonly number[]; at: number }>();
  return {
    async look(id) {
      const last = believed.get(id);
      const isRecent = last && performance.now() - last.at < believedMs;
      if (isRecent && !exists(join(paths.exits, id)) && last.pids.every(isThere)) return last.view;
      const monitor = monitorPid(paths, id);
      const view = await lookAt(paths, id, monitor);
      if (view.kind === "running" && monitor !== undefined)
        believed.set(id, { view, pids: [view.process.pid, monitor], at: performance.now() });
      else believed.delete(id);
      return view;
    },
    forget: (id) => void believed.delete(id),
  };
}

/**
 * What crun's and conmon's files say of a container, checked against the process table.
 * An exit file settles it: conmon writes it once, by rename. Until then a container whose process is gone counts as
 * running while its monitor lives, which is about to write it; without a monitor nobody will ever know how it ended.
 * @param monitor its pid, looked for before anything else: a monitor ends by itself once its process has.
 */
async function lookAt(paths: RuntimePaths, id: string, monitor: number | undefined): Promise<ProcessView> {
  const ending = readEnding(paths, id);
  if (ending) return { kind: "ended", ending };
  const process = readProcess(paths, id);
  if (process === undefined) return { kind: "none" };
  if (isWaiting(paths, id)) return { kind: "created", process };
  if (await isAlive(process))
    return { kind: "running", process, ...(monitor === undefined && { hasLostMonitor: true as const }) };
  if (monitorPid(paths, id) !== undefined) return { kind: "running", process };
  return { kind: "ended", ending: readEnding(paths, id) ?? { outOfMemory: wasOutOfMemory(paths, id) } };
}

/** Also true of a zombie, whose monitor is about to write how it ended. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // Whatever the reason, a real look tells.
  }
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
