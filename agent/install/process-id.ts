import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process; the start time (clock ticks since boot) tells it from a later one with the same pid. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: number;
}

/** Undefined when it has ended, a zombie included. */
export function processId(pid: number): ProcessId | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; proc(5) counts it as field 2, the state as 3, the start time as 22.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = Number(fields[18]);
  return state === "Z" || state === "X" || !Number.isInteger(startTime) ? undefined : { pid, startTime };
}

export function isRunning(id: ProcessId): boolean {
  return processId(id.pid)?.startTime === id.startTime;
}

/** Signals exactly this process; nothing happens when it has ended. */
export function signal(id: ProcessId, name: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** SIGTERM, and SIGKILL when the grace is over. Rejects when even that does not end it within a second. */
export async function stopProcess(id: ProcessId, graceMs: number): Promise<void> {
  signal(id, "SIGTERM");
  if (await hasEndedWithin(id, graceMs)) return;
  signal(id, "SIGKILL");
  if (!(await hasEndedWithin(id, 1_000))) throw new Error(`stop process ${id.pid}: it does not end`);
}

async function hasEndedWithin(id: ProcessId, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isRunning(id)) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

/** Empty when the process has ended. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
