import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivate } from "./lib/private-file.ts";

/** machine-id(5), and where systems without systemd keep theirs. */
const files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/**
 * What tells this machine from every other one: 32 hex digits. A machine without an id, as the barest systems are, gets one
 * among the agent's own files, and is left without again.
 */
export function readMachineId(stateDir: string): string {
  const own = join(stateDir, "machine-id");
  const found = [...files, own]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8").trim())
    .find((text) => /^[0-9a-f]{32}$/.test(text));
  if (found !== undefined) return found;
  const made = randomBytes(16).toString("hex");
  writePrivate(own, `${made}\n`);
  return made;
}
