import { type ChildProcess as NodeChild, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { wrapNodeError } from "../error.ts";
import type { ChildProcess, Exit, Spawner, SpawnRequest } from "./types.ts";

/** The twin of `createSpawner` without libc. Its pipes are sockets, so a child cannot reopen them by /dev/stdin. */
export function createNodeSpawner(): Spawner {
  return { spawn: start };
}

async function start({ argv, env, fds = {}, cwd, session }: SpawnRequest): Promise<ChildProcess> {
  const [program, ...args] = argv;
  const action = `start ${program}`;
  try {
    const child = spawn(program, args, {
      ...(env && { env: { ...env } }),
      ...(cwd !== undefined && { cwd }),
      detached: session === "own",
      stdio: stdio(fds),
    });
    const exited = once(child, "exit").then(([code, signal]): Exit => ({ code, signal }));
    exited.catch(() => {}); // A failed start rejects it too; `once(child, "spawn")` below is where that is reported.
    await once(child, "spawn");
    return {
      pid: child.pid as number,
      exited,
      inputs: new Map(numbersOf(fds, "input").map((fd) => [fd, child.stdio[fd] as Writable])),
      outputs: new Map(numbersOf(fds, "output").map((fd) => [fd, child.stdio[fd] as Readable])),
      kill: (signal) => void kill(child, signal),
    };
  } catch (error) {
    throw wrapNodeError(action, error);
  }
}

function kill(child: NodeChild, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

function stdio(fds: NonNullable<SpawnRequest["fds"]>): StdioOptions {
  const last = Math.max(2, ...Object.keys(fds).map(Number));
  return Array.from({ length: last + 1 }, (_, fd) => {
    const wanted = fds[fd] ?? "null";
    if (wanted === "null") return "ignore";
    return typeof wanted === "number" ? wanted : "pipe";
  });
}

function numbersOf(fds: NonNullable<SpawnRequest["fds"]>, kind: "input" | "output"): number[] {
  return Object.keys(fds)
    .map(Number)
    .filter((fd) => fds[fd] === kind);
}
