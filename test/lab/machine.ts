import { existsSync, mkdirSync, mkdtempSync, readFileSync, statfsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Door, enter, type MachineProcess, type SpawnOptions } from "./enter.ts";
import { type Hierarchy, type Mount, placeCgroups } from "./hierarchies.ts";
import { type Keeper, startKeeper } from "./keeper.ts";
import { output, type Result, type RunOptions, run } from "./run.ts";
import { cgroupsOf, mountsOf, type Process, processesOf, type Traces, tracesOf } from "./traces.ts";

export interface MachineOptions {
  /** Its host name; `machine` by default. */
  readonly name?: string;
  /** See `setBridgeNetfilter`; by default it is what the kernel gives a new network namespace. */
  readonly brNetfilter?: boolean;
  /** Live on when this process ends, until `stop()` or the death of PID 1. */
  readonly outlives?: boolean;
}

/** What can be done in a machine that runs. */
export interface Inside {
  /** PID 1, as the outside sees it. */
  readonly pid: number;
  /** A folder on a real file system, at the same path inside and outside, removed with the machine. */
  readonly root: string;
  readonly hostname: string;
  /** Runs a command to its end, whatever its exit code. */
  run(command: readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs a command that must succeed; its standard output. */
  output(command: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts a command, which the machine's end kills at the latest. */
  spawn(command: readonly string[], options?: SpawnOptions): Promise<MachineProcess>;
  /** Whether packets that a bridge forwards pass nftables. Rejects where that is asked of a kernel without br_netfilter. */
  setBridgeNetfilter(on: boolean): Promise<void>;
  /** All processes, those in containers too. */
  processes(): Process[];
  /** Mounts of the machine's first mount namespace. */
  mounts(): Mount[];
  /** Cgroups made inside, by the paths seen inside. */
  cgroups(): string[];
  /** All by which a program can be noticed: take it before and after, then compare. */
  traces(): Promise<Traces>;
}

/** A machine that shares the kernel and the files with this one and nothing else. `kill -9` of its PID 1 ends it at once. */
export interface Machine extends Inside, AsyncDisposable {
  /** The cgroup trees it shows, each with the directory that is its own. */
  readonly hierarchies: readonly Hierarchy[];
  /** Kills every process and removes namespaces, cgroups and folder. Rejects if something is left. */
  stop(): Promise<void>;
}

/** Starts a machine made of namespaces. It lives until `stop()`, the end of an `await using`, or (but for `outlives`) this process's death. */
export async function startMachine(options: MachineOptions = {}): Promise<Machine> {
  const hostname = options.name ?? "machine";
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/i.test(hostname)) {
    throw new Error(`start machine ${hostname}: no host name; use up to 63 letters, digits and hyphens`);
  }
  const root = await makeRoot();
  const [mountinfo, memberships] = [read("/proc/self/mountinfo"), read("/proc/self/cgroup")];
  const hierarchies = placeCgroups(basename(root), mountinfo, memberships, handsControllersOn);
  const keeper = await startKeeper(root, hostname, hierarchies, options.outlives ?? false);
  const machine = machineOf({ root, hostname, hierarchies }, keeper);
  if (options.brNetfilter !== undefined) await machine.setBridgeNetfilter(options.brNetfilter);
  return machine;
}

/** Where a machine is, which is enough to find it again from another process. */
export interface Site {
  readonly root: string;
  readonly hostname: string;
  readonly hierarchies: readonly Hierarchy[];
}

export function machineOf(site: Site, keeper: Keeper): Machine {
  const { stop } = keeper;
  return Object.assign(insideOf(site, keeper), {
    hierarchies: site.hierarchies,
    stop,
    [Symbol.asyncDispose]: stop,
  });
}

/** @param life whose PID 1 may change, and be gone. */
export function insideOf(
  { root, hostname, hierarchies }: Site,
  life: { readonly pid: number; hasEnded(): boolean },
): Inside {
  const cgroups = hierarchies.map(({ type, directory }) =>
    join(directory, type === "cgroup2" ? "init" : "."),
  );
  const door = (): Door => {
    if (life.hasEnded()) throw new Error(`enter machine: ${hostname} has ended; start another one`);
    return { pid: life.pid, root, cgroups };
  };
  return {
    get pid() {
      return life.pid;
    },
    root,
    hostname,
    run: async (command, options) => await run(door(), command, options),
    output: async (command, options) => await output(door(), command, options),
    spawn: async (command, options) => await enter(door(), command, options),
    setBridgeNetfilter: async (on) => await setBridgeNetfilter(door(), on),
    processes: () => processesOf(door()),
    mounts: () => mountsOf(door()),
    cgroups: () => cgroupsOf(door(), hierarchies),
    traces: async () => await tracesOf(door(), hierarchies),
  };
}

/** Short, since unix sockets below it have at most 107 characters; on a disk, since overlayfs refuses layers elsewhere. */
async function makeRoot(): Promise<string> {
  const base = process.env.CONSTELLATION_LAB_FOLDER ?? "/var/tmp";
  const unfit = new Map([
    [0x794c7630, "overlayfs"],
    [0x01021994, "tmpfs"],
  ]).get(statfsSync(base).type);
  if (unfit !== undefined) {
    const advice = "set CONSTELLATION_LAB_FOLDER to a folder on a disk (ext4, xfs, btrfs)";
    throw new Error(`start machine: ${base} is on ${unfit}, where instances cannot keep layers; ${advice}`);
  }
  const root = mkdtempSync(join(base, "cst-lab-"));
  await chmod(root, 0o755);
  mkdirSync(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  return root;
}

function handsControllersOn(directory: string): boolean {
  const file = join(directory, "cgroup.subtree_control");
  return existsSync(file) && read(file).trim() !== "";
}

/** The three settings belong to the network namespace, so they are written by a process in it. */
async function setBridgeNetfilter(door: Door, on: boolean): Promise<void> {
  const settings = ["iptables", "ip6tables", "arptables"].map(
    (table) => `/proc/sys/net/bridge/bridge-nf-call-${table}`,
  );
  const [first = ""] = settings;
  if (!existsSync(first)) {
    if (!on) return;
    throw new Error(
      "set bridge netfilter: this kernel has no br_netfilter; load it with `modprobe br_netfilter`",
    );
  }
  await output(door, ["tee", ...settings], { input: on ? "1\n" : "0\n" });
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
