import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type Machine, startMachine } from "../lab/index.ts";

const source = join(import.meta.dirname, "../../agent/guard");
const go = (args: string[]) =>
  promisify(execFile)("go", args, { cwd: source, env: { ...process.env, CGO_ENABLED: "0" } });

export const fakeAgent = join(import.meta.dirname, "fake-agent.ts");

/** Builds the guard (from Go's cache in well under a second) into a new temporary folder; its path. */
export async function buildGuard(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "guard-")), "constellation-guard");
  await go(["build", "-trimpath", "-ldflags=-s -w", "-o", file, "."]);
  return file;
}

/** A machine to run guards in, each with a root of its own. */
export interface GuardedMachine extends AsyncDisposable {
  readonly machine: Machine;
  /** The program. */
  readonly guard: string;
  newRoot(): string;
  /** Sends a signal to a process of the machine; after KILL, until it has ended: it holds its lock as long. */
  kill(signal: "KILL" | "TERM" | "STOP" | "CONT", pid: number | null): Promise<void>;
  isAlive(pid: number | null): boolean;
}

export async function startGuardedMachine(name: string): Promise<GuardedMachine> {
  const [guard, machine] = await Promise.all([buildGuard(), startMachine({ name })]);
  let roots = 0;
  const isAlive = (pid: number | null) => {
    try {
      // Behind the program's name: what has ended is a zombie until somebody asks for its exit code.
      const stat = readFileSync(`/proc/${machine.pid}/root/proc/${pid}/stat`, "utf8");
      return !stat.split(") ").at(-1)?.startsWith("Z");
    } catch {
      return false; // it is gone, perhaps while it was read
    }
  };
  return {
    ...{ machine, guard, isAlive },
    newRoot() {
      roots += 1;
      return join(machine.root, `root${roots}`);
    },
    async kill(signal, pid) {
      if (pid === null) throw new Error("send a signal: there is no process");
      await machine.output(["kill", `-${signal}`, String(pid)]);
      if (signal === "KILL") await until(`the end of process ${pid}`, () => !isAlive(pid));
    },
    async [Symbol.asyncDispose]() {
      await machine.stop();
      rmSync(dirname(guard), { recursive: true });
    },
  };
}

export async function testGuardSource(): Promise<string> {
  await go(["vet", "./..."]);
  return (await go(["test", "./..."])).stdout;
}

export interface GuardFile {
  readonly pid: number;
  readonly agentPid: number | null;
  readonly cgroupMode: string;
  readonly mountNamespace: string | null;
  readonly handsOver: boolean;
}

/** What the guard of a root says; pids are those inside the machine. Undefined when there is no record. */
export function readGuardFile(root: string): GuardFile | undefined {
  const file = join(root, "run/guard.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as GuardFile) : undefined;
}

export interface LogLine {
  readonly msg: string;
  readonly delayMs?: number;
}

/** The guard's own lines in agent.log. */
export function guardLines(root: string): LogLine[] {
  const file = join(root, "lib/agent.log");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as LogLine);
}

/** Polls until `look` returns something; rejects after the limit. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false,
  limitMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`wait: ${what}: not seen within ${limitMs} ms`);
    await delay(10);
  }
}

/** Starts a guard with a fake agent and waits until that agent runs. */
export async function startGuard(
  { machine, guard }: Pick<GuardedMachine, "machine" | "guard">,
  root: string,
  mode = "serve",
): Promise<GuardFile> {
  const before = readGuardFile(root)?.pid;
  const command = [guard, "run", "--root", root, "--", process.execPath, fakeAgent, mode, root];
  await machine.spawn(command, { stdio: "ignore" });
  return await until("a guard with an agent", () => {
    const seen = readGuardFile(root);
    return seen !== undefined && seen.pid !== before && seen.agentPid !== null && seen;
  });
}

/** Lets the machine's v2 tree show controllers, beside the v1 tree: the mixture that crun refuses. */
export async function makeHybrid(machine: Machine): Promise<void> {
  const v2 = machine.mounts().find(({ fileSystem }) => fileSystem === "cgroup2");
  if (v2 === undefined) return;
  const controllers = join(machine.root, "controllers");
  writeFileSync(controllers, "hugetlb\n");
  await machine.output(["mount", "--bind", controllers, join(v2.mountPoint, "cgroup.controllers")]);
}
