import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { AgentPaths } from "../../../contract/index.ts";
import { readText } from "../process-id.ts";
import type { CleanupStep } from "../types.ts";

/** By name as sysctl(8) writes it, the value from before an agent changed it. */
const savedSchema = z.record(z.string(), z.string());

/** Settings of the kernel that an agent changed; those of devices that are gone have gone with them. */
export const sysctls: CleanupStep = {
  kind: "sysctl",
  async find(paths) {
    const changed = Object.entries(readSaved(paths)).filter(([name, before]) => {
      return existsSync(fileOf(name)) && readText(fileOf(name)).trim() !== before.trim();
    });
    return changed.map(([name]) => name);
  },
  async remove(name, paths) {
    const before = readSaved(paths)[name];
    if (before !== undefined) writeFileSync(fileOf(name), before);
  },
};

function readSaved({ stateDir }: AgentPaths): Record<string, string> {
  const file = join(stateDir, "sysctls.json");
  return existsSync(file) ? savedSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
}

/** Dots part the words; where a device's name holds dots, slashes part the words instead (sysctl(8)). */
function fileOf(name: string): string {
  return join("/proc/sys", name.includes("/") ? name : name.replaceAll(".", "/"));
}
