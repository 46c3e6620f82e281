import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Inside } from "./machine.ts";

/** All that shows outside that a machine is there. */
export function remainsOf(machine: Inside): () => string[] {
  const name = basename(machine.root);
  const network = readlinkSync(`/proc/${machine.pid}/ns/net`);
  return () => [
    ...(existsSync(machine.root) ? [machine.root] : []),
    ...cgroupsNamed(name),
    ...processesNamed(name),
    ...processIds().filter(
      (pid) => namespaceOf(pid) === network || (isAlive(pid) && cgroupsOf(pid).includes(name)),
    ),
  ];
}

export function cgroupsNamed(name: string): string[] {
  const { stdout } = spawnSync("find", ["/sys/fs/cgroup", "-name", name], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean);
}

export function processesNamed(name: string): string[] {
  return processIds().filter((pid) => commandOf(pid).includes(name));
}

function processIds(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

export function commandOf(pid: string): string {
  return ofProcess(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
}

/** Ended ones that nobody has reaped have no command. */
const isAlive = (pid: string) => commandOf(pid) !== "";

function namespaceOf(pid: string): string {
  return ofProcess(() => readlinkSync(`/proc/${pid}/ns/net`));
}

function cgroupsOf(pid: string): string {
  return ofProcess(() => readFileSync(`/proc/${pid}/cgroup`, "utf8"));
}

function ofProcess(read: () => string): string {
  try {
    return read();
  } catch {
    return ""; // it has just ended, or is a zombie
  }
}

export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still not so after 10 s: ${condition}`);
    await delay(20);
  }
}
