import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, agentPaths, ConstellationError, isNewer } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { claimFolders } from "./folders.ts";
import { type GuardRecord, readGuardRecord } from "./guard-record.ts";
import { guardCommand, handOver } from "./hand-over.ts";
import { preflight } from "./observe.ts";
import { isRunning, processId, readText, stopProcess } from "./process-id.ts";
import { run } from "./programs.ts";
import { askAgent, askInfo } from "./socket.ts";
import { environmentFile, environmentText, isSystemd, unitFile, unitName, unitText } from "./systemd.ts";
import type { Finding, UpOptions, UpResult } from "./types.ts";

const limits = {
  answerMs: 20_000,
  pauseMs: 50,
  stopMs: 12_000,
  crashes: 5,
  shownLogLines: 8,
  shownLogBytes: 16 * 1024,
};

/** What the guard ends with when another one came first: agent/guard/main.go. */
const exitAlreadyRuns = 3;

/** A guard on its way up. */
interface Starting {
  /** Why it will never come up, as soon as that is known. */
  failure(): string | undefined;
  /** Once the agent answers: another start came first, and this one ended. */
  isOvertaken(): boolean;
  /** Undoes the start. */
  stop(): Promise<void>;
  /** Lets go of what only the wait needed. */
  release(): void;
}

/**
 * Brings the agent of this root up and waits until it answers; returns at once when it does already, unless it is an
 * older version: then it hands over to this one (`handOver`).
 * Throws `host-unfit` with a violation for each refusal of the preflight, `host-unfit` with the reason when the guard
 * ends or the agent crashes again and again, `timeout` when the agent does not answer; what was started then is stopped again.
 * Not so with `unreachable`: the agent runs, looks after what runs here, and says itself why it cannot do more.
 */
export async function up(options: UpOptions): Promise<UpResult> {
  const paths = agentPaths(options.root);
  const answering = await askInfo(paths.socket);
  const isStarting = readRunningGuard(paths) !== undefined;
  // An agent whose guard was killed goes on, until it ends: a new guard adopts it. Without a record nobody guards it on purpose.
  const isOrphaned = !isStarting && readGuardRecord(paths) !== undefined;
  if (answering !== undefined && !isOrphaned)
    return await replaceIfOlder(paths, options, versionOf(answering));
  const findings = isStarting ? [] : await preflight(options);
  refuse(
    paths,
    findings.filter(({ severity }) => severity === "refusal"),
  );
  claimFolders(paths);
  const starting = isStarting ? nothingStarted : await start(paths, options);
  try {
    await waitForAnswer(paths, starting, options.signal);
  } catch (error) {
    const isOfUse = error instanceof ConstellationError && error.code === "unreachable";
    if (!isOfUse) await starting.stop();
    throw error;
  } finally {
    starting.release();
  }
  return { paths, alreadyRunning: isStarting || starting.isOvertaken(), warnings: findings };
}

async function replaceIfOlder(
  paths: AgentPaths,
  options: UpOptions,
  running: string | undefined,
): Promise<UpResult> {
  const result = { paths, alreadyRunning: true, warnings: [] };
  const { version } = options;
  if (version === undefined || running === undefined || !isNewer(version, running)) return result;
  await handOver(paths, options);
  return { ...result, upgradedFrom: running };
}

function versionOf(info: unknown): string | undefined {
  const { version } = (info ?? {}) as { version?: unknown };
  return typeof version === "string" ? version : undefined;
}

const nothingStarted: Starting = {
  failure: () => undefined,
  isOvertaken: () => false,
  stop: async () => {},
  release: () => {},
};

/** The record of a guard that runs: one that was killed leaves its record behind. */
function readRunningGuard(paths: AgentPaths): GuardRecord | undefined {
  const record = readGuardRecord(paths);
  return record !== undefined && isRunning(record.guard) ? record : undefined;
}

function crashesOf(paths: AgentPaths): number {
  return readRunningGuard(paths)?.crashes ?? 0;
}

function refuse(paths: AgentPaths, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = findings.map(({ problem, fix }) => `\n  - ${problem}; ${fix}`);
  const violations = findings.map(({ id, problem, fix }) => ({ path: id, reason: `${problem}; ${fix}` }));
  const message = `start agent: ${paths.id}: this machine cannot run it:${lines.join("")}`;
  throw new ConstellationError("host-unfit", message, { violations });
}

async function start(paths: AgentPaths, options: UpOptions): Promise<Starting> {
  const command = guardCommand(options);
  const environment = agentEnvironment(options.programFolders);
  return isSystemd()
    ? await startUnit(paths, command, environment)
    : startDetached(paths, command, environment);
}

async function startUnit(
  paths: AgentPaths,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Starting> {
  writeFileSync(environmentFile(paths), environmentText(environment), { mode: 0o600 });
  writeFileSync(unitFile(paths), unitText(paths, command));
  const stop = async () => {
    await run("systemctl", ["disable", "--now", unitName(paths)]);
    rmSync(unitFile(paths));
    await run("systemctl", ["daemon-reload"]);
  };
  try {
    await run("systemctl", ["daemon-reload"]);
    await run("systemctl", ["enable", "--now", unitName(paths)]);
  } catch (error) {
    await stop();
    throw error;
  }
  // systemd starts it again and again; the time limit ends the wait.
  return { ...nothingStarted, stop };
}

/** In a session of its own, so that it outlives this process and its terminal. */
function startDetached(
  paths: AgentPaths,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Starting {
  const complaints = openNameless();
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", complaints],
    env,
  });
  let failure: string | undefined;
  child.once("error", (error) => {
    failure = error.message;
  });
  child.once("exit", (code, signal) => {
    if (code === exitAlreadyRuns) return; // the other one's agent is as good
    failure = readFromStart(complaints) || `the guard ended with ${signal ?? `code ${code}`}`;
  });
  child.unref();
  return {
    failure: () => failure,
    isOvertaken: () => readRunningGuard(paths)?.guard.pid !== child.pid,
    release() {
      child.removeAllListeners("exit");
      closeSync(complaints);
    },
    async stop() {
      const id = child.pid === undefined ? undefined : processId(child.pid);
      if (id !== undefined) await stopProcess(id, limits.stopMs);
    },
  };
}

/** A file rather than a pipe: the guard writes there long after this process has ended. */
function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), "constellation-"));
  const file = openSync(join(folder, "stderr"), "w+", 0o600);
  rmSync(folder, { recursive: true });
  return file;
}

function readFromStart(file: number): string {
  const buffer = Buffer.alloc(limits.shownLogBytes);
  return buffer.toString("utf8", 0, readSync(file, buffer, 0, buffer.length, 0)).trim();
}

async function waitForAnswer(
  paths: AgentPaths,
  starting: Starting,
  signal: AbortSignal | undefined,
): Promise<void> {
  const crashesBefore = starting === nothingStarted ? crashesOf(paths) : 0;
  const deadline = performance.now() + limits.answerMs;
  for (;;) {
    const answer = await askAgent(paths.socket);
    if (answer?.kind === "info") return;
    const failure = starting.failure();
    if (failure !== undefined)
      throw new ConstellationError("host-unfit", `start agent: ${paths.id}: ${failure}`);
    if (signal?.aborted) throw new ConstellationError("cancelled", `start agent: ${paths.id}: cancelled`);
    const crashes = crashesOf(paths);
    if (crashes - crashesBefore >= limits.crashes) {
      throw failed("host-unfit", paths, `ended ${crashes} times at once`);
    }
    if (performance.now() > deadline) {
      if (answer) throw new ConstellationError("unreachable", `start agent: ${paths.id}: ${answer.reason}`);
      throw failed("timeout", paths, `no answer on ${paths.socket} within ${limits.answerMs / 1000} s`);
    }
    await delay(limits.pauseMs);
  }
}

function failed(code: "host-unfit" | "timeout", paths: AgentPaths, reason: string): ConstellationError {
  const file = join(paths.stateDir, "agent.log");
  const lines = readText(file).slice(-limits.shownLogBytes).trim().split("\n").slice(-limits.shownLogLines);
  const message = `start agent: ${paths.id}: ${reason}; the end of ${file}:\n${lines.join("\n")}`;
  return new ConstellationError(code, message);
}
