import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Door } from "./enter.ts";
import { type Hierarchy, type Mount, parseMounts } from "./hierarchies.ts";
import { output } from "./run.ts";

/** A process as the machine sees it. */
export interface Process {
  readonly pid: number;
  readonly parentPid: number;
  /** As in ps(1): R, S, D, Z (ended, not reaped) ... */
  readonly state: string;
  /** Arguments, separated by blanks; the name in brackets where there are none. */
  readonly command: string;
}

/** All that a program can leave behind in a machine, sorted, fit to be compared. */
export interface Traces {
  /** `PID command`, but for PID 1. */
  readonly processes: readonly string[];
  /** `mount point type`. */
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  /** Network devices. */
  readonly links: readonly string[];
  readonly routes: readonly string[];
  /** The whole of nftables' rules. */
  readonly rules: string;
  /** Of the network namespace, but for single devices'. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Files in /run. */
  readonly run: readonly string[];
}

export function processesOf(door: Door): Process[] {
  const proc = `/proc/${door.pid}/root/proc`;
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(join(proc, name)));
}

export function mountsOf(door: Door): Mount[] {
  return parseMounts(readFileSync(`/proc/${door.pid}/mountinfo`, "utf8"));
}

/** The cgroups made in a machine, by the paths it sees. */
export function cgroupsOf({ pid }: Door, hierarchies: readonly Hierarchy[]): string[] {
  const inside = `/proc/${pid}/root`;
  return hierarchies.flatMap(({ mountPoint }) => foldersBelow(inside, mountPoint));
}

export async function tracesOf(door: Door, hierarchies: readonly Hierarchy[]): Promise<Traces> {
  const ask = async (...command: string[]) => await output(door, command);
  const processes = processesOf(door).filter(({ pid }) => pid !== 1);
  const links = await ask("ip", "-o", "link");
  const routes = await ask("ip", "route", "show", "table", "all");
  const rules = await ask("nft", "list", "ruleset");
  const sysctls = await ask("sh", "-c", "grep -rs . /proc/sys/net; true");
  const files = await ask("find", "/run", "-mindepth", "1");
  return {
    processes: processes.map(({ pid, command }) => `${pid} ${command}`).sort(),
    mounts: mountsOf(door)
      .map(({ mountPoint, fileSystem }) => `${mountPoint} ${fileSystem}`)
      .sort(),
    cgroups: cgroupsOf(door, hierarchies).sort(),
    links: lines(links)
      .map((line) => line.split(" ")[1]?.replace(/(@.*)?:$/, "") ?? "")
      .sort(),
    routes: lines(routes),
    rules: rules.trim(),
    sysctls: parseSysctls(sysctls),
    run: lines(files),
  };
}

function foldersBelow(inside: string, path: string): string[] {
  try {
    return readdirSync(join(inside, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [join(path, name), ...foldersBelow(inside, join(path, name))]);
  } catch {
    return []; // it has just been removed
  }
}

function readProcess(folder: string): Process[] {
  try {
    const stat = readFileSync(join(folder, "stat"), "utf8");
    const words = readFileSync(join(folder, "cmdline"), "utf8").split("\0").filter(Boolean);
    const [, pid, name, state = "", parentPid] = /^(\d+) \((.*)\) (\S) (\d+) /s.exec(stat) ?? [];
    const command = words.length > 0 ? words.join(" ") : `[${name}]`;
    return [{ pid: Number(pid), parentPid: Number(parentPid), state, command }];
  } catch {
    return []; // it ended while we looked
  }
}

/** Counters, and settings of single devices, come and go by themselves. */
function parseSysctls(text: string): Record<string, string> {
  const passing = /\/(conf|neigh)\/(?!all\/|default\/)|conntrack_count|random|\/fib_|cookie|fastopen_key/;
  return Object.fromEntries(
    lines(text)
      .filter((line) => !passing.test(line))
      .map((line): [string, string] => {
        const end = line.indexOf(":");
        return [line.slice("/proc/sys/".length, end), line.slice(end + 1)];
      }),
  );
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}
