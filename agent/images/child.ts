import { type ChildProcessByStdio, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { ConstellationError } from "../../contract/index.ts";
import { firstText } from "../lib/first-text.ts";
import { boundedLines } from "../lib/lines.ts";
import { imageStoreLimits } from "./limits.ts";
import { type UnpackMessage, unpackMessage } from "./unpack/index.ts";

export type UnpackReport = Extract<UnpackMessage, { report: unknown }>["report"];

/**
 * What the child may still do once started: own and label files, and confine itself, which takes the rest away.
 * Set before it starts, so that it binds every thread, and for good: nothing it could execute gains a right.
 */
const confinement = [
  "--no-new-privs",
  "--inh-caps=-all",
  "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+setfcap,+setgid,+setuid,+sys_chroot",
];

export interface UnpackJob {
  /** The program and its first arguments; the folder is added. */
  readonly command: readonly string[];
  readonly blobPath: string;
  readonly folder: string;
  /** Names the layer in errors: `unpack layer sha256:...`. */
  readonly action: string;
  readonly onBytes: (compressedBytes: number) => void;
  readonly signal: AbortSignal;
}

/** Unpacks one layer in a child process with few rights. @throws ConstellationError */
export async function runUnpackChild(job: UnpackJob): Promise<UnpackReport> {
  const blob = await open(job.blobPath, "r");
  try {
    const timeout = AbortSignal.timeout(imageStoreLimits.unpackTimeoutMs);
    const child = spawn("setpriv", [...confinement, "--", ...job.command, job.folder], {
      cwd: "/",
      env: { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: [blob.fd, "pipe", "pipe"],
      signal: AbortSignal.any([job.signal, timeout]),
      killSignal: "SIGKILL",
    }) as ChildProcessByStdio<null, Readable, Readable>;
    const ended = new Promise<{ code: number | null; cause?: Error }>((done) => {
      child.once("error", (cause) => done({ code: null, cause }));
      child.once("close", (code) => done({ code }));
    });
    const [last, complaint, { code, cause }] = await Promise.all([
      lastMessage(job, child.stdout),
      firstText(child.stderr, imageStoreLimits.complaintBytes),
      ended,
    ]);
    if (last && "report" in last && code === 0) return last.report;
    if (last && "refused" in last) throw refusal(job, last.refused);
    throw broken(
      job,
      cause,
      timeout.aborted ? "it took too long" : complaint || `the unpacking process ended with ${code}`,
    );
  } finally {
    await blob.close();
  }
}

/** Passes progress on and gives the last message. A child that says something else is killed: its report is worth nothing. */
async function lastMessage(job: UnpackJob, output: Readable): Promise<UnpackMessage | undefined> {
  let last: UnpackMessage | undefined;
  let bytes = 0;
  output.on("error", () => {});
  try {
    for await (const line of boundedLines(output, imageStoreLimits.reportBytes)) {
      bytes += line.length;
      if (bytes > imageStoreLimits.reportBytes) throw new Error("report too long");
      last = unpackMessage.parse(JSON.parse(line));
      if ("done" in last) job.onBytes(last.done);
    }
    return last;
  } catch {
    // Judged by the caller as a child without a report; closing the pipe ends it.
    output.destroy();
    return undefined;
  }
}

function refusal(
  { action }: UnpackJob,
  { kind, message }: { kind: string; message: string },
): ConstellationError {
  return new ConstellationError(kind === "invalid" ? "image-invalid" : "host-unfit", `${action}: ${message}`);
}

function broken(
  { action, signal }: UnpackJob,
  cause: (Error & { code?: string }) | undefined,
  reason: string,
): ConstellationError {
  if (signal.aborted)
    return new ConstellationError("cancelled", `${action}: the agent is stopping`, { cause });
  if (cause?.code === "ENOENT") {
    return new ConstellationError("host-unfit", `${action}: setpriv not found; install util-linux`, {
      cause,
    });
  }
  return new ConstellationError("host-unfit", `${action}: ${reason}`, { cause });
}
