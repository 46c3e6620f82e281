import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Container } from "../../instances/index.ts";
import { type ChildProcess, codeOf, type Spawner } from "../libc/index.ts";
import { startFailure } from "./failure.ts";
import { readIfThere } from "./files.ts";
import type { RuntimePaths } from "./layout.ts";

export interface Programs {
  readonly crun: string;
  readonly conmon: string;
}

const monitorLimits = { createMs: 60_000, messageBytes: 64 * 1024, endMs: 2_000, pollMs: 5 };

/**
 * Starts conmon, which makes the container by `crun create`, holds its output and writes its exit code when it ends.
 * conmon leaves the agent's process tree, so both outlive the agent. Resolves when the container waits before its
 * first instruction. Throws what `startFailure` makes of crun's words.
 */
export async function createWithMonitor(
  spawner: Spawner,
  programs: Programs,
  paths: RuntimePaths,
  id: string,
  log: Container["log"],
): Promise<void> {
  const monitor = await spawner.spawn({
    argv: [programs.conmon, ...monitorArguments(programs, paths, id, log)],
    env: { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin", _OCI_SYNCPIPE: "3" },
    fds: { 3: "output" },
    session: "own",
  });
  const said = await firstLine(monitor, 3);
  const { pid, message } = parseMessage(said);
  if (pid === undefined || pid <= 0) throw startFailure(message ?? `conmon said "${said}"`);
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

/** The living monitor's, told from a stranger with its pid by its command line. */
export function monitorPid(paths: RuntimePaths, id: string): number | undefined {
  const pid = Number(readIfThere(join(paths.bundle(id), "monitor.pid")));
  return pid > 0 && readIfThere(`/proc/${pid}/cmdline`)?.includes(`--cid\0${id}\0`) ? pid : undefined;
}

function monitorArguments(
  programs: Programs,
  paths: RuntimePaths,
  id: string,
  log: Container["log"],
): string[] {
  const bundle = paths.bundle(id);
  return [
    ...["--cid", id, "--cuuid", id, "--name", id],
    ...["--runtime", programs.crun, "--runtime-arg", `--root=${paths.state}`],
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
