import { watch } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const watchAgainMs = 10_000;

/**
 * Calls back soon after a file appeared in a folder, until the signal aborts. Where the machine has no inotify left it
 * says so once and tries again from time to time.
 */
export async function watchFolder(
  folder: string,
  callback: () => void,
  onDeaf: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  let wasDeaf = false;
  while (!signal.aborted) {
    try {
      await watchOnce(folder, callback, signal);
    } catch (error) {
      if (!wasDeaf) onDeaf(error);
      wasDeaf = true;
      await delay(watchAgainMs, undefined, { signal, ref: false }).catch(() => undefined);
      callback(); // for what was missed
    }
  }
}

/** Rejects when it cannot watch, or not any more; resolves when the signal aborts. */
async function watchOnce(folder: string, callback: () => void, signal: AbortSignal): Promise<void> {
  const watcher = watch(folder, { signal, persistent: false }, callback);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  watcher.once("error", reject);
  watcher.once("close", resolve);
  await promise.finally(() => watcher.close());
}
