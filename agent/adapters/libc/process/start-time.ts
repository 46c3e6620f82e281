import { readFileSync } from "node:fs";
import { codeOf, wrapNodeError } from "../error.ts";

/** What tells a process from a later one that got its pid. `startTime`: clock ticks since boot, as in /proc/PID/stat. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** The start time of a running process; undefined when there is none with that pid or it is only a zombie. */
export async function readStartTime(pid: number): Promise<string | undefined> {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw wrapNodeError(`read state of process ${pid}`, error);
  }
}

/** Whether this very process runs. A zombie does not: it has ended and waits to be reaped. */
export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  return (await readStartTime(pid)) === startTime;
}

/** proc(5): the name in field 2 may hold blanks and brackets, so count from its last `)`: field 3 state, 22 start time. */
export function parseStartTime(stat: string): string | undefined {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : rest[18];
}
