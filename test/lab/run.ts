import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Door, type Exit, enter, type SpawnOptions } from "./enter.ts";

export interface RunOptions extends Omit<SpawnOptions, "stdio"> {
  /** Written to stdin; without it stdin is empty. */
  readonly input?: string | Uint8Array;
  /** Default 120,000. After that the command's process group is killed and the promise rejects. */
  readonly timeoutMs?: number;
}

export interface Result extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

const limits = {
  runMs: 120_000,
  /** For output that a daemon left behind by the command holds open. */
  lingerMs: 500,
  outputBytes: 64 * 1024 * 1024,
  tailLength: 4_000,
};

/** Runs a command in a machine to its end, whatever its exit code. */
export async function run(door: Door, command: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { timeoutMs = limits.runMs, input = "", ...spawnOptions } = options;
  const child = await enter(door, command, spawnOptions);
  const output = [collect(child.stdout), collect(child.stderr)] as const;
  child.stdin?.on("error", () => {}); // a command need not read its input
  child.stdin?.end(input);
  const exit = await within(timeoutMs, child.exited);
  if (exit === undefined) child.killGroup("SIGKILL");
  const [stdout, stderr] = await Promise.all(output.map((stream) => stream.text()));
  const result = { stdout: stdout ?? "", stderr: stderr ?? "" };
  if (exit === undefined)
    throw new Error(`run ${title(command)}: no end after ${timeoutMs} ms; ${tail(result)}`);
  return { ...exit, ...result };
}

/** Runs a command that must succeed; its standard output. */
export async function output(door: Door, command: readonly string[], options?: RunOptions): Promise<string> {
  const result = await run(door, command, options);
  if (result.code === 0) return result.stdout;
  throw new Error(`run ${title(command)}: exit code ${result.code}; ${tail(result)}`);
}

/** The first words of a command: what follows may be secret. */
function title(command: readonly string[]): string {
  return command.slice(0, 2).join(" ");
}

function tail({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return `its last output:\n${`${stdout}\n${stderr}`.trim().slice(-limits.tailLength)}`;
}

/** Undefined if it takes longer. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const timeout = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  return await Promise.race([promise, timeout]).finally(() => timer.abort());
}

/** Keeps what a stream says; `text()` resolves at its end, or soon after being asked if somebody holds it open. */
function collect(stream: Readable | null): { text(): Promise<string> } {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limits.outputBytes) chunks.push(chunk);
  });
  const closed = stream === null ? Promise.resolve() : once(stream, "close");
  return {
    async text() {
      await within(
        limits.lingerMs,
        closed.then(() => true),
      );
      stream?.destroy();
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}
