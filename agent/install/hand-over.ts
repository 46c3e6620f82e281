import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, ConstellationError } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { type GuardRecord, readGuardRecord } from "./guard-record.ts";
import { keepForNextBoot } from "./next-boot.ts";
import { isRunning, readText, signal } from "./process-id.ts";
import type { UpOptions } from "./types.ts";

/** The old agent's end, the new one's first answer and its first seconds, all at their longest, and the way back. */
const limits = { handOverMs: 60_000, pauseMs: 50 };

/**
 * Makes this program the agent in place of the one that runs. Its guard ends that one, starts this one, and goes back
 * by itself when this one fails its first checks; no instance and no connection is touched either way. `overtaken`:
 * somebody else's hand-over came first, and whoever asks has to look again at who runs.
 * Throws `host-unfit` with the reason when it went back.
 */
export async function handOver(paths: AgentPaths, options: UpOptions): Promise<"done" | "overtaken"> {
  const failed = (reason: string) =>
    new ConstellationError("host-unfit", `upgrade agent: ${paths.id}: ${reason}`);
  const guard = readGuardRecord(paths)?.guard;
  if (guard === undefined || !isRunning(guard)) {
    throw failed("it runs without a guard; end it and run `constellation-agent up` again");
  }
  const isOthers = stateOf(paths)?.state === "trying";
  const id = randomBytes(8).toString("hex");
  if (!isOthers) {
    const environment = agentEnvironment(options.programFolders);
    writeRequest(paths, {
      id,
      program: options.agent,
      environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    });
    signal(guard, "SIGUSR1");
  }
  const deadline = performance.now() + limits.handOverMs;
  for (;;) {
    const isAskedFor = requestedId(paths) === id; // before the state: the guard says what it took, and then removes it
    const state = stateOf(paths);
    if (state?.id === id && state.state === "done") break;
    if (state?.id === id && state.state === "reverted") {
      const log = join(paths.stateDir, "agent.log");
      throw failed(
        `the new program failed its first checks: ${state.reason}; the old one runs again; see ${log}`,
      );
    }
    if (state?.state === "trying" && state.id !== id && isAskedFor)
      rmSync(requestFile(paths), { force: true });
    if (state?.state !== "trying" && !isAskedFor) return "overtaken";
    if (!isRunning(guard)) throw failed("its guard ended meanwhile; run `constellation-agent up` again");
    if (performance.now() > deadline) throw failed(`not done within ${limits.handOverMs / 1000} s`);
    await delay(limits.pauseMs);
  }
  await keepForNextBoot(paths, options);
  return "done";
}

function stateOf(paths: AgentPaths): GuardRecord["handOver"] {
  return readGuardRecord(paths)?.handOver;
}

/** Who asked last, as long as the guard has not taken it. */
function requestedId(paths: AgentPaths): unknown {
  const text = readText(requestFile(paths));
  return text === "" ? undefined : (JSON.parse(text) as { id?: unknown }).id;
}

function requestFile({ runDir }: AgentPaths): string {
  return join(runDir, "handover.json");
}

/** Each in a file of its own first: two may ask at once, and the guard takes the one that came last. */
function writeRequest(
  paths: AgentPaths,
  request: { readonly id: string; readonly [field: string]: unknown },
): void {
  const file = requestFile(paths);
  writeFileSync(`${file}.${request.id}`, JSON.stringify(request), { mode: 0o600 });
  renameSync(`${file}.${request.id}`, file);
}
