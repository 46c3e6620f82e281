import { randomUUID } from "node:crypto";
import { closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CommandRequest } from "../../instances/index.ts";
import {
  type ChildFd,
  type ChildProcess,
  exitCode,
  openTerminal,
  type Processes,
  readStartTime,
  resizeTerminalOf,
  type Spawner,
  type Terminal,
} from "../libc/index.ts";
import { startFailure } from "./failure.ts";
import { readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";

/** Times in milliseconds. */
const execLimits = { pollMs: 3, startMs: 20_000, hangUpMs: 500 };

export interface ExecPorts {
  readonly spawner: Spawner;
  readonly processes: Processes;
}

/** `crun exec` at work: it hands signals, the terminal and the exit code between the command and us. */
export interface StartedCommand {
  readonly crun: ChildProcess;
  readonly terminal?: Terminal;
  /** 128 + the signal's number where a signal ended the command. */
  readonly exit: Promise<number>;
  resize(columns: number, rows: number): void;
  /** Hang-up, then kill. Repeatable. */
  end(): void;
}

/**
 * Starts a command in a container. crun reads what to run from a file in memory, so that arguments are in no process
 * list of the host; it writes the command's pid once that runs, and complains into a log of its own if it cannot.
 * With a terminal, crun copies between one it makes inside and one of ours: Node cannot receive descriptors over a
 * unix socket, which crun's other ways ask for.
 */
export async function startCommand(
  crun: { readonly argv: readonly [string, string]; readonly env: Readonly<Record<string, string>> },
  paths: RuntimePaths,
  id: string,
  request: CommandRequest,
  stdio: "pipes" | "null",
  { spawner, processes }: ExecPorts,
): Promise<StartedCommand> {
  const files = commandFiles(paths.bundle(id));
  const terminal = request.terminal && openTerminal(request.terminal.columns, request.terminal.rows);
  const own: ChildFd[] = stdio === "pipes" ? ["input", "output", "output"] : ["null", "null", "null"];
  try {
    const wanted = processOf(paths.bundle(id), request);
    writeFileSync(files.process, JSON.stringify(wanted), { mode: 0o600 });
    const child = await withOomScoreAdj(wanted.oomScoreAdj, () =>
      spawner.spawn({
        argv: [
          ...crun.argv,
          `--log=${files.log}`,
          "exec",
          `--pid-file=${files.pid}`,
          `--process=${files.process}`,
          id,
        ],
        env: crun.env,
        fds: terminal ? { 0: terminal.programFd, 1: terminal.programFd, 2: terminal.programFd } : { ...own },
        session: "own",
        startedBy: "caller",
      }),
    );
    const exit = child.exited.then(exitCode);
    const pid = await commandPid(child, files);
    const end = endCommand(pid, child, processes);
    let hasEnded = false;
    void child.exited.then(() => {
      hasEnded = true;
    });
    // crun hands the signal on but not the size, so the terminal inside is told itself.
    const resize = (columns: number, rows: number) => void (hasEnded || resizeTerminalOf(pid, columns, rows));
    return { crun: child, exit, resize, end, ...(terminal && { terminal }) };
  } catch (error) {
    terminal?.stream.destroy();
    throw error;
  } finally {
    if (terminal) closeSync(terminal.programFd);
    for (const file of Object.values(files)) rmSync(file, { force: true });
  }
}

/**
 * `crun exec` leaves out what the process says of it, but the command inherits crun's own, and that ours: which is
 * therefore the command's while crun is started. Set afterwards, it would come too late for a fast command.
 * Therefore `startedBy: "caller"`.
 */
function withOomScoreAdj<Result>(score: number, spawn: () => Promise<Result>): Promise<Result> {
  const own = readFileSync(oomScoreAdj, "utf8").trim();
  if (own === String(score)) return spawn();
  writeFileSync(oomScoreAdj, String(score));
  try {
    return spawn();
  } finally {
    writeFileSync(oomScoreAdj, own);
  }
}

const oomScoreAdj = "/proc/self/oom_score_adj";

/** Resolves once the command runs. Throws what crun wrote where it ended without starting it. */
async function commandPid(crun: ChildProcess, files: CommandFiles): Promise<number> {
  let hasEnded = false;
  void crun.exited.then(() => {
    hasEnded = true;
  });
  const deadline = performance.now() + execLimits.startMs;
  for (;;) {
    const isLast = hasEnded;
    const pid = Number(readIfThere(files.pid));
    if (pid > 0) return pid;
    if (isLast) throw startFailure(readIfThere(files.log) ?? "");
    if (performance.now() > deadline) {
      crun.kill("SIGKILL");
      throw startFailure(`command not started within ${execLimits.startMs} ms`);
    }
    await delay(execLimits.pollMs);
  }
}

/** The command first: crun dies with it, but it would not die with crun. */
function endCommand(pid: number, crun: ChildProcess, processes: Processes): () => void {
  const startTime = readStartTime(pid).catch(() => undefined);
  const signalAll = async (signal: NodeJS.Signals) => {
    const known = await startTime;
    if (known !== undefined) await processes.signal({ pid, startTime: known }, signal);
  };
  const run = async () => {
    await signalAll("SIGHUP");
    await Promise.race([crun.exited, delay(execLimits.hangUpMs)]);
    await signalAll("SIGKILL");
    await Promise.race([crun.exited, delay(execLimits.hangUpMs)]);
    crun.kill("SIGKILL");
  };
  let isEnding = false;
  return () => {
    if (isEnding) return;
    isEnding = true;
    run().catch(() => undefined); // It may have ended at any moment, which is what was wanted.
  };
}

type CommandFiles = ReturnType<typeof commandFiles>;

function commandFiles(bundle: string) {
  const stem = join(bundle, `exec-${randomUUID()}`);
  return { process: `${stem}.json`, pid: `${stem}.pid`, log: `${stem}.log` };
}

/** The container's own process with the request's changes. Another user has no more rights than the kernel gives it. */
function processOf(bundle: string, { argv, user, workingDir, env, terminal }: CommandRequest) {
  const { process } = JSON.parse(readIfThere(join(bundle, "config.json")) ?? "{}");
  const held =
    user === undefined ? process.capabilities.effective : user.uid === 0 ? process.capabilities.bounding : [];
  const added = Object.entries({ ...(terminal && { TERM: "xterm" }), ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  return {
    ...process,
    args: argv,
    terminal: terminal !== undefined,
    env: [...process.env, ...added],
    capabilities: { ...process.capabilities, effective: held, permitted: held },
    ...(user && { user: { uid: user.uid, gid: user.gid, additionalGids: user.groups } }),
    ...(workingDir !== undefined && { cwd: workingDir }),
  };
}
