import { once } from "node:events";
import { basename, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { ContainerLog } from "../../instances/index.ts";
import { type ChildProcess, codeOf, findProcesses, type Spawner } from "../libc/index.ts";
import { startFailure } from "./failure.ts";
import { readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";
import type { GuardedProgram } from "./program.ts";

export interface Programs {
  readonly crun: GuardedProgram;
  readonly conmon: string;
}

/** A monitor that waits for its word, or will soon: it loads its libraries, and touches nothing. */
export interface WaitingMonitor {
  /**
   * Makes the container by `crun create`. Resolves when that waits before its first instruction. Throws what
   * `startFailure` makes of crun's words, and an AdapterError where the monitor itself could not be started.
   */
  create(): Promise<void>;
  /** Ends it; nothing happens once `create` was called. */
  dismiss(): void;
}

const monitorLimits = { createMs: 60_000, messageBytes: 64 * 1024, endMs: 2_000, pollMs: 5 };

/** conmon's descriptors for its message and for our word, as it is told by its environment. */
const [syncFd, startFd] = [3, 4];

/**
 * Starts conmon, which makes the container, holds its output and writes its exit code when it ends. It leaves the
 * agent's process tree, so both outlive the agent. An agent that dies before its word leaves one that finds no bundle,
 * and ends.
 */
export async function startMonitor(
  spawner: Spawner,
  programs: Programs,
  paths: RuntimePaths,
  id: string,
  log: ContainerLog | undefined,
): Promise<WaitingMonitor> {
  const crun = await programs.crun.path();
  const started = spawner.spawn({
    argv: [programs.conmon, ...monitorArguments(crun, paths, id, log)],
    env: {
      ...programs.crun.environment,
      ...{ _OCI_SYNCPIPE: String(syncFd), _OCI_STARTPIPE: String(startFd) },
    },
    fds: { [syncFd]: "output", [startFd]: "input" },
    session: "own",
  });
  started.catch(() => undefined); // `create` tells.
  let isWaiting = true;
  return {
    async create() {
      isWaiting = false;
      const monitor = await started;
      const word = wordTo(monitor);
      word.on("error", () => {
        // It ended before its word came; its message, or the lack of one, says why.
      });
      word.end("\0");
      const said = await firstLine(monitor, syncFd);
      const { pid, message } = parseMessage(said);
      if (pid === undefined || pid <= 0) throw startFailure(message ?? `conmon said "${said}"`);
    },
    dismiss() {
      if (!isWaiting) return;
      isWaiting = false;
      started.then(end, () => undefined); // What never started need not end.
    },
  };
}

/** Killed first: it would take the end of the pipe for its word. */
function end(monitor: ChildProcess): void {
  monitor.kill("SIGKILL");
  wordTo(monitor).destroy();
  monitor.outputs.get(syncFd)?.destroy();
}

function wordTo(monitor: ChildProcess): Writable {
  return monitor.inputs.get(startFd) as Writable;
}

/**
 * Resolves when a container's monitor is gone: it may still be writing the exit file of a container that just ended.
 * One that outlives its container by `endMs` is killed.
 */
export async function monitorEnd(paths: RuntimePaths, id: string): Promise<void> {
  const started = performance.now();
  for (let pid = monitorPid(paths, id); pid !== undefined; pid = monitorPid(paths, id)) {
    const waitedMs = performance.now() - started;
    if (waitedMs > 2 * monitorLimits.endMs)
      throw new Error(`end monitor of ${id}: process ${pid} does not die`);
    if (waitedMs > monitorLimits.endMs) killIfThere(pid);
    await delay(monitorLimits.pollMs);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

/** The living monitor's, told from a stranger with its pid by its command line; looked for where its pid is not known. */
export function monitorPid(paths: RuntimePaths, id: string): number | undefined {
  const text = readIfThere(join(paths.bundle(id), "monitor.pid"))?.trim();
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) return findProcesses((argv) => isMonitorOf(argv, id))[0]?.pid;
  const argv = readIfThere(`/proc/${text}/cmdline`)?.split("\0") ?? [];
  return isMonitorOf(argv, id) ? Number(text) : undefined;
}

function isMonitorOf(argv: readonly string[], id: string): boolean {
  return basename(argv[0] ?? "") === "conmon" && argv[argv.indexOf("--cid") + 1] === id;
}

function monitorArguments(
  crun: string,
  paths: RuntimePaths,
  id: string,
  log: ContainerLog | undefined,
): string[] {
  const bundle = paths.bundle(id);
  return [
    ...["--cid", id, "--cuuid", id, "--name", id],
    ...["--runtime", crun, "--runtime-arg", `--root=${paths.state}`],
    ...["--bundle", bundle, "--persist-dir", bundle, "--exit-dir", paths.exits],
    ...["--container-pidfile", `${bundle}/pid`, "--conmon-pidfile", `${bundle}/monitor.pid`],
    ...["--log-path", log === undefined ? "none:" : `k8s-file:${log.file}`, "--no-sync-log"],
    ...(log === undefined ? [] : ["--log-size-max", String(log.cutBytes)]),
    // Without it, conmon ends without a word when the socket's path is long.
    "--full-attach",
  ];
}

/** One JSON object on a line: `pid`, or -1 with crun's words as `message`. */
function parseMessage(line: string): { pid?: number; message?: string } {
  try {
    const { pid, data, message } = JSON.parse(line) as { pid?: number; data?: number; message?: string };
    const number = pid ?? data;
    return { ...(number !== undefined && { pid: number }), ...(message !== undefined && { message }) };
  } catch {
    return {}; // conmon died before it could write a whole line; the caller reports what there is.
  }
}

/** conmon keeps the pipe open while the container lives, so the line's end is the message's. */
async function firstLine(monitor: ChildProcess, fd: number): Promise<string> {
  const pipe = monitor.outputs.get(fd) as Readable;
  const timer = setTimeout(() => pipe.destroy(), monitorLimits.createMs);
  let text = "";
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.includes("\n") || text.length > monitorLimits.messageBytes) break;
    }
  } catch (error) {
    if (!pipe.destroyed) throw error;
  } finally {
    clearTimeout(timer);
    pipe.destroy();
    if (!pipe.closed) await once(pipe, "close");
  }
  return text.trim();
}
