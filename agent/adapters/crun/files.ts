import { existsSync, readFileSync } from "node:fs";
import { codeOf } from "../libc/index.ts";

/** A small file of ours in memory, read at once (tens of microseconds); undefined when it is not there. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ESRCH: a file of a process that ended while it was read.
    if (["ENOENT", "ENOTDIR", "ESRCH"].includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}

export const exists = existsSync;
