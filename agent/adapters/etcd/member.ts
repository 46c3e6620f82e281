import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { boundFile } from "../../lib/bound-file.ts";
import { isPeeredAs, memberArguments, memberSocket } from "./arguments.ts";
import { troubleOf } from "./complaint.ts";
import { findMember } from "./find.ts";
import { lostData, lostLog } from "./log-ahead.ts";
import type { Peering } from "./types.ts";

const limits = {
  logBytes: 4 * 1024 * 1024,
  logCheckMs: 30_000,
  /** Of what it said in one run, where it began to complain. */
  wordsBytes: 64 * 1024,
  stopTimeoutMs: 5_000,
  backoffFirstMs: 50,
  backoffMostMs: 5_000,
  /** Running this long forgets earlier failures. */
  settledMs: 10_000,
} as const;

/** A process told apart from a later one with its pid. */
interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** What the supervisor needs to know of processes that need not be its children. */
export interface ProcessPort {
  startTimeOf(pid: number): Promise<string | undefined>;
  waitForEnd(process: ProcessIdentity, signal: AbortSignal): Promise<void>;
  signal(process: ProcessIdentity, signal: NodeJS.Signals): Promise<unknown>;
}

export interface MemberOptions {
  readonly program: string;
  /** Data; survives a reboot. */
  readonly dataDir: string;
  /** Sockets; made with mode 0700, which is what keeps other users of the machine out. */
  readonly runDir: string;
  /** The member's own words go here; emptied when it has grown large, with one older file beside it. */
  readonly logFile: string;
  readonly processes: ProcessPort;
  /** It becomes the only member, whatever its data says of others. */
  readonly forgetsPeers?: boolean;
  /** How large its data may grow before it refuses writes. */
  readonly quotaBytes?: number;
  /** How others reach it, asked at each start; absent, or undefined: nobody does. Where it rejects, the start waits. */
  readonly peering?: () => Promise<Peering | undefined>;
  /** A transition in words, and the pid. */
  readonly onChange: (
    message: "adopted" | "started" | "ended" | "not started" | "log not bounded",
    fields: Record<string, unknown>,
  ) => void;
}

export interface Member {
  readonly socket: string;
  /** Why it does not serve and what to do, in words; undefined where nothing is known to be wrong. */
  trouble(): string | undefined;
  /** Ends the process, and the next one is started as its options say by then. */
  restart(): Promise<void>;
  /** Leaves the process running: a restarted agent adopts it. */
  letGo(): Promise<void>;
  /** Ends the process too. */
  stop(): Promise<void>;
}

/**
 * Keeps one member running: adopts the one that an earlier agent started, starts one where there is none, and
 * starts it again with growing pauses whenever it ends. Does not wait until it serves.
 */
export function superviseMember(options: MemberOptions): Member {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  mkdirSync(options.runDir, { recursive: true, mode: 0o700 });
  chmodSync(options.runDir, 0o700);
  const stopping = new AbortController();
  let trouble: string | undefined;
  const supervised = supervise(options, (now) => (trouble = now), stopping.signal);
  const bounding = setInterval(() => keepLogBounded(options), limits.logCheckMs).unref();
  const letGo = async () => {
    clearInterval(bounding);
    stopping.abort();
    await supervised;
  };
  return {
    socket: memberSocket(options.runDir),
    trouble: () => trouble,
    restart: async () => await endMember(options),
    letGo,
    async stop() {
      await letGo();
      await endMember(options);
    },
  };
}

/** Ends the member of this run folder, whoever started it; nothing happens where none runs. */
export async function endMember({
  runDir,
  processes,
}: Pick<MemberOptions, "runDir" | "processes">): Promise<void> {
  const running = findMember({ runDir });
  if (running) await end(running, processes);
}

function keepLogBounded({ logFile, onChange }: MemberOptions): void {
  try {
    boundFile(logFile, limits.logBytes);
  } catch (error) {
    onChange("log not bounded", { err: error });
  }
}

async function supervise(
  options: MemberOptions,
  tell: (trouble: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  let backoffMs: number = limits.backoffFirstMs;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const settled = setTimeout(tell, limits.settledMs, undefined).unref();
    try {
      await runOnce(options, tell, signal);
    } catch (error) {
      if (signal.aborted) return;
      options.onChange("not started", { err: error });
      const reason = error instanceof Error ? error.message : String(error);
      tell(troubleWith(options, reason) ?? `it cannot be started: ${reason}`);
    } finally {
      clearTimeout(settled);
    }
    if (performance.now() - startedAt > limits.settledMs) backoffMs = limits.backoffFirstMs;
    await delay(backoffMs, undefined, { signal }).catch(() => undefined);
    backoffMs = Math.min(backoffMs * 2, limits.backoffMostMs);
  }
}

/** From its start, or from where it is found running, to its end. */
async function runOnce(
  options: MemberOptions,
  tell: (trouble: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const wordsFrom = sizeOf(options.logFile);
  const peering = await options.peering?.();
  const adopted = await adoptable(options, peering);
  const running = adopted ?? (await start(options, peering));
  options.onChange(adopted ? "adopted" : "started", { pid: running.pid });
  await options.processes.waitForEnd(running, signal);
  const trouble = troubleWith(options, wordsSince(options.logFile, wordsFrom));
  options.onChange("ended", { pid: running.pid, ...(trouble !== undefined && { trouble }) });
  tell(trouble);
}

/** One whose sockets somebody has removed holds the data, and nobody can reach it: it is ended; so is one that peers reach elsewhere. */
async function adoptable(
  options: MemberOptions,
  peering: Peering | undefined,
): Promise<ProcessIdentity | undefined> {
  const running = findMember(options);
  if (running === undefined) return undefined;
  if (existsSync(memberSocket(options.runDir)) && isPeeredAs(running.argv, peering)) return running;
  await end(running, options.processes);
  return undefined;
}

async function start(options: MemberOptions, peering: Peering | undefined): Promise<ProcessIdentity> {
  const { dataDir, quotaBytes, forgetsPeers } = options;
  const lost = lostLog(dataDir) ?? lostData(dataDir, peering);
  if (lost !== undefined) throw new Error(lost);
  const log = openSync(options.logFile, "a", 0o600); // append-only, so that it can be emptied under it
  const argv = memberArguments(dataDir, randomUUID(), { quotaBytes, peering, forgetsPeers });
  const child = spawn(options.program, argv, {
    cwd: options.runDir,
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", GOGC: "50", GOMAXPROCS: "2" },
  });
  child.unref();
  closeSync(log);
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  const pid = child.pid ?? 0;
  // Without one it has ended at once, and nobody has that identity.
  return { pid, startTime: (await options.processes.startTimeOf(pid)) ?? "" };
}

async function end(running: ProcessIdentity, processes: ProcessPort): Promise<void> {
  await processes.signal(running, "SIGTERM");
  try {
    await processes.waitForEnd(running, AbortSignal.timeout(limits.stopTimeoutMs));
  } catch {
    // It did not end in time; what it acknowledged is on disk.
    await processes.signal(running, "SIGKILL");
  }
}

function troubleWith({ dataDir }: MemberOptions, words: string): string | undefined {
  return troubleOf(words, { dataDir, freeBytes: freeBytes(dataDir) });
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** What was added to its log; from the start where that was emptied meanwhile. */
function wordsSince(path: string, from: number): string {
  if (!existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const offset = fstatSync(file).size < from ? 0 : from;
    const bytes = Buffer.alloc(limits.wordsBytes);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
