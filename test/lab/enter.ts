import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants, homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { PassThrough, pipeline, type Readable, type Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** What it takes to get into a machine from outside. */
export interface Door {
  /** PID 1 of the machine, as the outside sees it. */
  readonly pid: number;
  readonly root: string;
  /** Directories whose cgroups a process joins by writing itself into `cgroup.procs`. */
  readonly cgroups: readonly string[];
}

export interface SpawnOptions {
  /** Working directory; the machine's root by default. */
  readonly cwd?: string;
  /** Added to the few variables every command gets: PATH (this node first), HOME, USER, LANG, TMPDIR. */
  readonly env?: Readonly<Record<string, string>>;
  /** Pipes by default. */
  readonly stdio?: StdioOptions;
}

export interface Exit {
  /** 128 + the signal's number if a signal ended it, as in a shell. */
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
}

/** A command that runs in a machine, as leader of its own session and process group. */
export interface MachineProcess {
  /** As the outside sees it; 0 if it had ended before it was seen. */
  readonly pid: number;
  /** Null where `stdio` is not a pipe; the same for the two below. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<Exit>;
  /** Signals the command alone (default SIGTERM). False if it has ended. */
  kill(signal?: NodeJS.Signals): boolean;
  /** Signals the command's process group (default SIGTERM), as Ctrl-C in a terminal does. False if it has ended. */
  killGroup(signal?: NodeJS.Signals): boolean;
}

const script = join(import.meta.dirname, "enter.sh");

/** Starts a command in a machine; resolves once it is there, or has ended already. */
export async function enter(
  door: Door,
  command: readonly string[],
  options: SpawnOptions = {},
): Promise<MachineProcess> {
  const cwd = options.cwd ?? door.root;
  const child = spawn(script, [`${door.pid}`, cwd, door.cgroups.join(" "), ...command], {
    cwd: "/",
    env: { ...environment(door.root), ...options.env },
    stdio: options.stdio ?? "pipe",
  });
  const [stdout, stderr] = [kept(child.stdout), kept(child.stderr)];
  const exited = exitOf(child);
  const pid = await Promise.race([onlyChild(child), exited.then(() => 0)]);
  const signal = (target: number, name: NodeJS.Signals) =>
    pid !== 0 && child.exitCode === null && child.signalCode === null && send(target, name);
  return {
    pid,
    stdin: child.stdin,
    stdout,
    stderr,
    exited,
    kill: (name = "SIGTERM") => signal(pid, name),
    killGroup: (name = "SIGTERM") => signal(-pid, name),
  };
}

function environment(root: string): Record<string, string> {
  const { HOME = homedir(), USER = "root", LANG = "C.UTF-8", PATH = "" } = process.env;
  const path = [dirname(process.execPath), PATH, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(delimiter);
  return { HOME, USER, LANG, PATH: path, TMPDIR: join(root, "tmp") };
}

/** Node throws away at a child's exit what nobody has begun to read: this keeps it for whoever comes later. */
function kept(stream: Readable | null): Readable | null {
  if (stream === null) return null;
  const copy = new PassThrough();
  pipeline(stream, copy, () => {}); // a reader that goes away early is no failure
  return copy;
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return { code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal };
}

/** The script becomes nsenter, whose one child is the command. */
async function onlyChild(parent: ChildProcess): Promise<number> {
  while (parent.exitCode === null && parent.signalCode === null) {
    const pid = Number.parseInt(readChildren(parent.pid ?? 0), 10);
    if (!Number.isNaN(pid)) return pid;
    await delay(2);
  }
  return 0;
}

function readChildren(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return ""; // it has just ended
  }
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
