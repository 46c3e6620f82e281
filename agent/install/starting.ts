import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, ConstellationError } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { readRunningGuard } from "./guard-record.ts";
import { type ServiceManager, serviceManagerHere } from "./managers/index.ts";
import { processId, readText, stopProcess } from "./process-id.ts";
import { guardCommand, removeService, writeService } from "./service.ts";
import { askAgent } from "./socket.ts";
import type { UpOptions } from "./types.ts";

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
export interface Starting {
  /** How many agents in a row had ended at once before. */
  readonly crashesBefore: number;
  /** Why it will never come up, as soon as that is known. */
  failure(): string | undefined;
  /** Once the agent answers: another start came first, and this one ended. */
  isOvertaken(): boolean;
  /** Undoes the start. */
  stop(): Promise<void>;
  /** Lets go of what only the wait needed. */
  release(): void;
}

/** Where somebody else's start is waited for; it fails where that guard ends. */
export function startedByOthers(paths: AgentPaths): Starting {
  return {
    ...nothingKnown,
    crashesBefore: crashesOf(paths),
    failure: () => (readRunningGuard(paths) === undefined ? "its guard has ended" : undefined),
  };
}

const nothingKnown = {
  crashesBefore: 0,
  failure: () => undefined,
  isOvertaken: () => false,
  stop: async () => {},
  release: () => {},
};

/** Starts a guard, which starts the agent; see `waitForAnswer`. */
export async function startGuard(paths: AgentPaths, options: UpOptions): Promise<Starting> {
  const command = guardCommand(options);
  const environment = agentEnvironment(options.programFolders);
  const manager = serviceManagerHere();
  return manager === undefined
    ? startDetached(paths, command, environment)
    : await startService(manager, paths, command, environment);
}

async function startService(
  manager: ServiceManager,
  paths: AgentPaths,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Starting> {
  writeService(manager, paths, command, environment);
  const stop = async () => await removeService(manager, paths);
  try {
    await manager.enable(paths);
  } catch (error) {
    await stop();
    throw error;
  }
  // It is started again and again; the time limit ends the wait.
  return { ...nothingKnown, stop };
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
    crashesBefore: 0,
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

/** Until the agent answers. Throws as `up` says. */
export async function waitForAnswer(
  paths: AgentPaths,
  starting: Starting,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + limits.answerMs;
  for (;;) {
    const answer = await askAgent(paths.socket);
    if (answer?.kind === "info") return;
    const failure = starting.failure();
    if (failure !== undefined)
      throw new ConstellationError("host-unfit", `start agent: ${paths.id}: ${failure}`);
    if (signal?.aborted) throw new ConstellationError("cancelled", `start agent: ${paths.id}: cancelled`);
    const crashes = crashesOf(paths);
    if (crashes - starting.crashesBefore >= limits.crashes) {
      throw failed("host-unfit", paths, `ended ${crashes} times at once`);
    }
    if (performance.now() > deadline) {
      if (answer) throw new ConstellationError("unreachable", `start agent: ${paths.id}: ${answer.reason}`);
      throw failed("timeout", paths, `no answer on ${paths.socket} within ${limits.answerMs / 1000} s`);
    }
    await delay(limits.pauseMs);
  }
}

function crashesOf(paths: AgentPaths): number {
  return readRunningGuard(paths)?.crashes ?? 0;
}

function failed(code: "host-unfit" | "timeout", paths: AgentPaths, reason: string): ConstellationError {
  const file = join(paths.stateDir, "agent.log");
  const lines = readText(file).slice(-limits.shownLogBytes).trim().split("\n").slice(-limits.shownLogLines);
  const message = `start agent: ${paths.id}: ${reason}; the end of ${file}:\n${lines.join("\n")}`;
  return new ConstellationError(code, message);
}
