import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { setAside } from "../lib/set-aside.ts";
import type { Sysctls } from "./types.ts";

/** What routing for instances takes, in the network namespace of the host. Single links' own go with the links. */
const wanted = { "net.ipv4.ip_forward": "1" } as const;

const savedSchema = z.record(z.string(), z.string());
/** `agent/install` puts back what stands there when the agent is taken off the machine. */
const savedName = "sysctls.json";

export interface SysctlChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Sets what is not so yet; values from before the first agent are on disk before anything is changed. */
export function ensureSysctls(stateDir: string, sysctls: Sysctls): SysctlChange[] {
  const changes = Object.entries(wanted).flatMap(([name, after]) => {
    const before = sysctls.read(name as keyof typeof wanted);
    return before === after ? [] : [{ name: name as keyof typeof wanted, before, after }];
  });
  if (changes.length === 0) return [];
  const saved = readSaved(stateDir);
  for (const { name, before } of changes) saved[name] ??= before;
  writeSaved(stateDir, saved);
  for (const { name, after } of changes) sysctls.write(name, after);
  return changes;
}

function readSaved(stateDir: string): Record<string, string> {
  const file = join(stateDir, savedName);
  if (!existsSync(file)) return {};
  try {
    return savedSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    setAside(file); // What was set before the first agent is lost; what is set now is noted in its place.
    return {};
  }
}

function writeSaved(stateDir: string, saved: Readonly<Record<string, string>>): void {
  const file = join(stateDir, savedName);
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(saved)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
