import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine, Process } from "../test/lab/index.ts";

/** In bytes. */
export interface ProcessMemory {
  /** All that is mapped of it, shared pages too. */
  readonly rss: number;
  /** Shared pages divided by those who share them (proc(5), `Pss`). */
  readonly pss: number;
  /** What nobody else has mapped. */
  readonly own: number;
}

/** What a machine holds in memory, but for files that it could read again. In bytes. */
export interface Memory {
  /** Sums of all processes of a program, by the name `programOf` gives. */
  readonly programs: Readonly<Record<string, ProcessMemory>>;
  /** Of the kernel, on behalf of the machine's processes: stacks, page tables, network namespaces, mounts, cgroups. */
  readonly kernel: number;
  /** Files in memory: tmpfs. */
  readonly files: number;
}

const clockTickMs = 10;
const pageBytes = 4096;
const none: ProcessMemory = { rss: 0, pss: 0, own: 0 };

/** What the machine holds now. Processes that end meanwhile are left out. */
export function memoryOf(machine: Machine): Memory {
  const programs: Record<string, ProcessMemory> = {};
  for (const process of machine.processes()) {
    const rollup = readOf(machine, process, "smaps_rollup");
    if (rollup === undefined) continue;
    const program = programOf(process.command);
    programs[program] = sum(programs[program] ?? none, parseRollup(rollup));
  }
  return { programs, ...kernelOf(machine) };
}

/**
 * Resident memory by program, bytes. Cheaper than `memoryOf`, for which the kernel walks over every page: that takes some of the
 * time of a large process.
 */
export function residentOf(machine: Machine): Record<string, number> {
  const resident: Record<string, number> = {};
  for (const process of machine.processes()) {
    const statm = readOf(machine, process, "statm");
    if (statm === undefined) continue;
    const program = programOf(process.command);
    resident[program] = (resident[program] ?? 0) + parseResident(statm);
  }
  return resident;
}

/** Processor time since the start of each, milliseconds by program; a tick is 10 ms. */
export function processorMs(machine: Machine): Record<string, number> {
  const used: Record<string, number> = {};
  for (const process of machine.processes()) {
    const stat = readOf(machine, process, "stat");
    if (stat === undefined) continue;
    const program = programOf(process.command);
    used[program] = (used[program] ?? 0) + parseTicks(stat) * clockTickMs;
  }
  return used;
}

const programs: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["guard", /constellation-guard run/],
  ["agent", /main\.js run/],
  ["etcd", /(^|\/)etcd --/],
  ["names", /dnsmasq/],
  ["monitor", /^(\S*\/)?conmon/],
  ["workload", /httpd -f/],
  ["hosts", /simulate\/hosts\.ts$/],
];

/** Whose process it is, by its command line. */
export function programOf(command: string): string {
  return programs.find(([, pattern]) => pattern.test(command))?.[0] ?? "other";
}

/** The text of /proc/PID/smaps_rollup, in bytes. */
export function parseRollup(text: string): ProcessMemory {
  const bytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { rss: bytes("Rss"), pss: bytes("Pss"), own: bytes("Private_Clean") + bytes("Private_Dirty") };
}

/** The second field of the text of /proc/PID/statm, in pages (proc(5)). */
export function parseResident(statm: string): number {
  return Number(statm.split(" ")[1]) * pageBytes;
}

/** User and system time of the text of /proc/PID/stat: fields 14 and 15, counted from the name's last bracket. */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/**
 * By the memory controller, which the machine has a cgroup of: in version 1 a file of its own, in version 2 a line of
 * memory.stat. What is in the cgroups below counts too.
 */
function kernelOf(machine: Machine): Pick<Memory, "kernel" | "files"> {
  const cgroups = join("/proc", String(machine.pid), "root/sys/fs/cgroup");
  const isOld = existsSync(join(cgroups, "memory"));
  const folder = isOld ? join(cgroups, "memory") : cgroups;
  const stat = readFileSync(join(folder, "memory.stat"), "utf8");
  const line = (key: string) => Number(new RegExp(`^${key} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  if (!isOld) return { kernel: line("kernel"), files: line("shmem") };
  const kernel = Number(readFileSync(join(folder, "memory.kmem.usage_in_bytes"), "utf8"));
  return { kernel, files: line("total_shmem") };
}

function readOf(machine: Machine, { pid }: Process, file: string): string | undefined {
  try {
    return readFileSync(join("/proc", String(machine.pid), "root/proc", String(pid), file), "utf8");
  } catch {
    return undefined; // It has ended.
  }
}

function sum(one: ProcessMemory, other: ProcessMemory): ProcessMemory {
  return { rss: one.rss + other.rss, pss: one.pss + other.pss, own: one.own + other.own };
}
