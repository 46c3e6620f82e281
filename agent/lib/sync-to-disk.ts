import { closeSync, fsyncSync, openSync } from "node:fs";

/** Names that were made, renamed or removed in a folder outlast a power cut from here on; a file's content likewise. */
export function syncToDisk(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
