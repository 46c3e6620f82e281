import { appendFileSync, existsSync, linkSync, type Stats, statSync } from "node:fs";
import { link, rename, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { cutBytes, type LogBounds } from "./bound.ts";
import { heldName, listLogFiles } from "./files.ts";
import { logLimits } from "./types.ts";

export interface RotatedLog extends LogBounds {
  readonly id: string;
  readonly path: string;
}

/**
 * Before its writer starts: makes the log and a second name for it. The writer replaces a full file by an empty one
 * under the first name, and the second one keeps what was full until it is put away.
 */
export function beginLog(path: string, { maxFiles }: LogBounds): void {
  appendFileSync(path, "", { mode: 0o640 });
  if (maxFiles > 1 && !existsSync(heldName(path))) linkSync(path, heldName(path));
}

/** Puts away what the writers of the logs that `list` names have cut, until the signal aborts. */
export async function rotateLogs(
  list: () => readonly RotatedLog[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let seen = new Map<string, Seen>();
  while (!signal.aborted) {
    const now = performance.now();
    const next = new Map<string, Seen>();
    for (const one of list()) {
      const before = seen.get(one.path);
      next.set(one.path, before && now < before.dueAt ? before : await lookOrTell(one, before, log));
    }
    seen = next;
    const dueAt = Math.min(now + logLimits.rotateMs, ...[...seen.values()].map((one) => one.dueAt));
    await delay(Math.max(1, dueAt - now), undefined, { signal }).catch(() => undefined);
  }
}

/** A log at the last look. */
interface Seen {
  readonly file: number;
  readonly bytes: number;
  readonly dueAt: number;
}

/** What the disk does to one log is no reason to leave the others alone. */
async function lookOrTell(one: RotatedLog, before: Seen | undefined, log: Logger): Promise<Seen> {
  try {
    return await look(one, before, log);
  } catch (error) {
    log.warn({ instance: one.id, err: error }, "cannot look at a log file");
    return { file: 0, bytes: 0, ...before, dueAt: performance.now() + logLimits.rotateMs };
  }
}

async function look(one: RotatedLog, before: Seen | undefined, log: Logger): Promise<Seen> {
  const now = performance.now();
  // At once: the kernel has in memory what is looked at so often. Its instance may be gone, or not have begun.
  const found = statSync(one.path, { throwIfNoEntry: false }) ?? nameAgain(one.path);
  const { ino: file = 0, size: bytes = 0 } = found ?? {};
  const isCut = before !== undefined && before.file !== file;
  if (found && (isCut || before === undefined)) {
    await putAway(one).catch((error: unknown) =>
      log.warn({ instance: one.id, err: error }, "cannot put away a full log file"),
    );
  }
  const grownBytes = bytes - (isCut ? 0 : (before?.bytes ?? bytes));
  const isBusy = isCut || grownBytes > cutBytes(one) * logLimits.busyShare;
  return { file, bytes, dueAt: now + (isBusy ? logLimits.busyMs : logLimits.rotateMs) };
}

/** A log that somebody deleted under its writer, which goes on writing to what has the second name still. */
function nameAgain(path: string): Stats | undefined {
  try {
    linkSync(heldName(path), path);
    return statSync(path);
  } catch {
    return undefined; // Its instance is gone, has not begun, or keeps one file alone: the writer begins a new one when it is full.
  }
}

/** Renames the file that the writer has cut, and all before it; drops those that are too many. Repeatable. */
export async function putAway({ path, maxFiles }: RotatedLog): Promise<void> {
  if (maxFiles === 1 || (await isStillWritten(path))) return;
  for (const file of await listLogFiles(path)) {
    if (file === path) continue;
    const age = Number(file.slice(path.length + 1)) + 1;
    if (age >= maxFiles) await rm(file, { force: true });
    else await rename(file, `${path}.${age}`);
  }
  await link(path, heldName(path));
}

async function isStillWritten(path: string): Promise<boolean> {
  const [held, current] = await Promise.all(
    [heldName(path), path].map((file) => stat(file).catch(() => undefined)),
  );
  return held !== undefined && held.ino === current?.ino;
}
