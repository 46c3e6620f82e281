import { closeSync, openSync, readSync, statSync, truncateSync, writeSync } from "node:fs";

/**
 * Empties a log that has grown past its bound while somebody appends to it; its end stays beside it as `PATH.1`.
 * What is written between the copy and the cut (microseconds) is lost. Repeatable; a log that is not there is fine.
 */
export function boundFile(path: string, bytes: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= bytes) return;
  try {
    copyEnd(path, size, bytes);
  } finally {
    truncateSync(path); // Also where the copy failed, as on a full disk: the bound wins.
  }
}

function copyEnd(path: string, size: number, bytes: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(size, bytes));
  const from = openSync(path, "r");
  try {
    const read = readSync(from, buffer, 0, buffer.length, size - buffer.length);
    const to = openSync(`${path}.1`, "w", 0o600);
    try {
      writeSync(to, buffer, 0, read);
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}
