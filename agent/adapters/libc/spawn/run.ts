import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { AdapterError } from "../error.ts";
import { exitCode } from "./exit-status.ts";
import type { ChildProcess, Run, RunOptions, RunResult, Spawner } from "./types.ts";

const limits = {
  timeoutMs: 10_000,
  maxOutputBytes: 8 * 1024 * 1024,
  /** A descendant that outlives the program may hold its outputs open: how long they are still read after its end. */
  drainMs: 200,
};

/** Runs tools to their end on top of a spawner, with a limit on time and on output. */
export function createRun(spawner: Spawner): Run {
  return async (argv, options = {}) => {
    const stdin = options.input === undefined ? ("null" as const) : openInput(options.input);
    try {
      const child = await spawner.spawn({
        argv,
        fds: { 0: stdin, 1: "output", 2: "output" },
        ...(options.env && { env: options.env }),
        ...(options.cwd !== undefined && { cwd: options.cwd }),
      });
      return await collect(child, `run ${argv.slice(0, 3).join(" ")}`, options);
    } finally {
      if (stdin !== "null") closeSync(stdin);
    }
  };
}

/** Fails with EEXIT and the tool's own words unless it ended with 0. */
export function expectSuccess(action: string, result: RunResult): RunResult {
  if (result.code === 0) return result;
  throw new AdapterError(action, "EEXIT", result.stderr.trim() || `exit code ${result.code}`);
}

async function collect(child: ChildProcess, action: string, options: RunOptions): Promise<RunResult> {
  const { timeoutMs = limits.timeoutMs, maxOutputBytes = limits.maxOutputBytes } = options;
  let failure: AdapterError | undefined;
  const fail = (code: string, reason: string) => {
    failure ??= new AdapterError(action, code, reason);
    child.kill("SIGKILL");
  };
  const read = (fd: number) =>
    readUpTo(child.outputs.get(fd) as Readable, maxOutputBytes, () =>
      fail("ETRUNCATED", `wrote more than ${maxOutputBytes} bytes`),
    );
  const [stdout, stderr] = [read(1), read(2)];
  const timer = setTimeout(() => fail("ETIMEDOUT", `not done after ${timeoutMs} ms`), timeoutMs);
  const exit = await child.exited;
  clearTimeout(timer);
  const drain = setTimeout(() => [stdout, stderr].forEach((output) => void output.stop()), limits.drainMs);
  const [out, err] = await Promise.all([stdout.text, stderr.text]);
  clearTimeout(drain);
  if (failure) throw failure;
  return { code: exitCode(exit), stdout: out, stderr: err };
}

function readUpTo(
  stream: Readable,
  maxBytes: number,
  tooMuch: () => void,
): { text: Promise<string>; stop(): void } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else tooMuch();
  });
  const text = new Promise<string>((resolve) => {
    stream.once("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    stream.once("error", () => stream.destroy());
  });
  return { text, stop: () => stream.destroy() };
}

/**
 * Input goes through a nameless file instead of a pipe: it cannot block however little the program reads, needs no
 * stream, and `nft -f -` may reopen it as /dev/stdin, which it cannot do with Node's socket pairs.
 */
function openInput(input: string | Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "cst-"));
  const fd = openSync(join(folder, "input"), "wx+", 0o600);
  rmSync(folder, { recursive: true }); // Before anything is written, so that nothing of it reaches a disk.
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  return fd;
}
