import { rename, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { listLogFiles } from "./files.ts";
import { logLimits } from "./types.ts";

export interface RotatedLog {
  readonly id: string;
  readonly path: string;
  readonly maxBytes: number;
  /** The one being written included. */
  readonly maxFiles: number;
}

/** Makes the writer go over to a new file at the log's path. */
export type ReopenLog = (id: string) => Promise<void>;

/** Keeps the logs that `list` names within their bounds, until the signal aborts. A log may pass its size by what is written between two looks. */
export async function rotateLogs(
  list: () => readonly RotatedLog[],
  reopen: ReopenLog,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const one of list()) {
      await rotateIfFull(one, reopen).catch((error: unknown) =>
        log.warn({ instance: one.id, err: error }, "cannot rotate log"),
      );
    }
    await delay(logLimits.rotateMs, undefined, { signal }).catch(() => undefined);
  }
}

export async function rotateIfFull(log: RotatedLog, reopen: ReopenLog): Promise<void> {
  const found = await stat(log.path).catch(() => undefined); // Its instance is gone, or has not written yet.
  if (found === undefined || found.size <= log.maxBytes) return;
  for (const file of await listLogFiles(log.path)) {
    const age = file === log.path ? 0 : Number(file.slice(log.path.length + 1));
    if (age + 1 > log.maxFiles) await rm(file, { force: true });
    else await rename(file, `${log.path}.${age + 1}`);
  }
  await reopen(log.id);
  await rm(`${log.path}.${log.maxFiles}`, { force: true });
}
