import { spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../../contract/index.ts";
import { parseStartTime } from "../libc/index.ts";

export const memberLimits = {
  quotaBytes: 512 * 1024 * 1024,
  /** Revisions that a cursor of the event stream can go back. */
  revisionsKept: 10_000,
  /** Raft entries kept in memory. */
  snapshotEntries: 2_000,
  logBytes: 4 * 1024 * 1024,
  startTimeoutMs: 20_000,
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
  /** Sockets and the pid; made with mode 0700, which is what keeps other users of the machine out. */
  readonly runDir: string;
  /** The member's own words go here; emptied at a start when it has grown large. */
  readonly logFile: string;
  readonly processes: ProcessPort;
  /** A transition in words, and the pid. */
  readonly onChange: (
    message: "adopted" | "started" | "ended" | "not started",
    fields: Record<string, unknown>,
  ) => void;
}

export interface Member {
  readonly socket: string;
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
  const socket = memberSocket(options.runDir);
  const supervised = supervise(options, stopping.signal);
  const letGo = async () => {
    stopping.abort();
    await supervised;
  };
  return {
    socket,
    letGo,
    async stop() {
      await letGo();
      await endMember(options);
    },
  };
}

/** Ends the member of this run folder, whoever started it; nothing happens where none runs. */
export async function endMember(options: Pick<MemberOptions, "runDir" | "processes">): Promise<void> {
  const running = await readIdentity(options);
  if (running) await end(running, options.processes);
  await rm(join(options.runDir, pidFile), { force: true });
}

/** Where the member of a run folder answers. */
export function memberSocket(runDir: string): string {
  return join(runDir, socketNames.client);
}

/** etcd insists on `host:port` in URLs of unix sockets; without a path it takes that for a file in its working folder. */
const socketNames = { client: "client:0", peer: "peer:0" };
const pidFile = "etcd.stat";

async function supervise(options: MemberOptions, signal: AbortSignal): Promise<void> {
  let backoffMs: number = memberLimits.backoffFirstMs;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      let running = await readIdentity(options);
      if (running) options.onChange("adopted", { pid: running.pid });
      else {
        running = await start(options);
        options.onChange("started", { pid: running.pid });
      }
      await options.processes.waitForEnd(running, signal);
      options.onChange("ended", { pid: running.pid });
    } catch (error) {
      if (signal.aborted) return;
      options.onChange("not started", { err: error });
    }
    if (performance.now() - startedAt > memberLimits.settledMs) backoffMs = memberLimits.backoffFirstMs;
    await delay(backoffMs, undefined, { signal }).catch(() => undefined);
    backoffMs = Math.min(backoffMs * 2, memberLimits.backoffMostMs);
  }
}

/**
 * The shell writes its own state from /proc before it becomes etcd, so that no crash of the agent in between
 * leaves a member that nobody knows of.
 */
async function start(options: MemberOptions): Promise<ProcessIdentity> {
  const script = `cat /proc/$$/stat > ${pidFile}.new && mv ${pidFile}.new ${pidFile} && exec "$@"`;
  await rm(join(options.runDir, pidFile), { force: true });
  const log = openLog(options.logFile);
  const child = spawn("/bin/sh", ["-c", script, "etcd", options.program, ...memberArguments(options)], {
    cwd: options.runDir,
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", GOGC: "50", GOMAXPROCS: "2" },
  });
  child.unref();
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  try {
    return await Promise.race([failed, appears(options)]);
  } finally {
    failed.catch(() => undefined);
    closeSync(log);
  }
}

async function appears(options: MemberOptions): Promise<ProcessIdentity> {
  const deadline = performance.now() + memberLimits.startTimeoutMs;
  while (performance.now() < deadline) {
    const running = await readIdentity(options);
    if (running) return running;
    await delay(10);
  }
  throw new ConstellationError("host-unfit", `start the store: etcd did not start; see ${options.logFile}`);
}

function memberArguments({ dataDir }: MemberOptions): string[] {
  const { quotaBytes, revisionsKept, snapshotEntries } = memberLimits;
  const peer = `unix://${socketNames.peer}`;
  const client = `unix://${socketNames.client}`;
  return Object.entries({
    name: "server",
    "data-dir": dataDir,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `server=${peer}`,
    "quota-backend-bytes": quotaBytes,
    "auto-compaction-mode": "revision",
    "auto-compaction-retention": revisionsKept,
    "snapshot-count": snapshotEntries,
    "max-txn-ops": 128,
    "log-level": "warn",
  }).map(([name, value]) => `--${name}=${value}`);
}

async function readIdentity({
  runDir,
  processes,
}: Pick<MemberOptions, "runDir" | "processes">): Promise<ProcessIdentity | undefined> {
  const path = join(runDir, pidFile);
  if (!existsSync(path)) return undefined;
  const stat = await readFile(path, "utf8");
  const pid = Number.parseInt(stat, 10);
  const startTime = parseStartTime(stat);
  if (!Number.isInteger(pid) || startTime === undefined) return undefined;
  return (await processes.startTimeOf(pid)) === startTime ? { pid, startTime } : undefined;
}

async function end(running: ProcessIdentity, processes: ProcessPort): Promise<void> {
  await processes.signal(running, "SIGTERM");
  try {
    await processes.waitForEnd(running, AbortSignal.timeout(memberLimits.stopTimeoutMs));
  } catch {
    // It did not end in time; what it acknowledged is on disk.
    await processes.signal(running, "SIGKILL");
  }
}

function openLog(path: string): number {
  const tooLarge = existsSync(path) && statSync(path).size > memberLimits.logBytes;
  return openSync(path, tooLarge ? "w" : "a", 0o600);
}
