import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Assignment } from "../session/index.ts";

/**
 * The last assignment, so that an agent that starts again goes on before it has a session. Kept in memory alone:
 * the specs in it hold the user's secrets opened. After a reboot the session gives it again.
 */
export function writeSnapshot(folder: string, assignment: Assignment): void {
  const path = join(folder, "assignment.json");
  writeFileSync(`${path}.new`, JSON.stringify({ version: 1, assignment }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined when there is none, or it is of another version: then the host waits for its session. */
export function readSnapshot(folder: string): Assignment | undefined {
  try {
    const { version, assignment } = JSON.parse(readFileSync(join(folder, "assignment.json"), "utf8"));
    return version === 1 ? assignment : undefined;
  } catch {
    return undefined; // None yet, or torn: as good as none.
  }
}
