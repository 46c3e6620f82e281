import { type AgentPaths, agentPaths, ConstellationError, isNewer } from "../../contract/index.ts";
import { claimFolders } from "./folders.ts";
import { readGuardRecord, readRunningGuard } from "./guard-record.ts";
import { halt } from "./halt.ts";
import { handOver } from "./hand-over.ts";
import { keepForNextBoot } from "./next-boot.ts";
import { preflight } from "./observe.ts";
import { askInfo } from "./socket.ts";
import { startedByOthers, startGuard, waitForAnswer } from "./starting.ts";
import type { Finding, UpOptions, UpResult } from "./types.ts";

/** How often this program asks for the agent's place while others take it. */
const attempts = 5;

/**
 * Brings the agent of this root up and waits until it answers; returns at once when it does already, unless it is an
 * older version: then this one takes its place (`handOver`; of a guard that knows none, by a restart).
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
  if (answering !== undefined && !isOrphaned) return await replaceIfOlder(paths, options, answering);
  return isStarting ? await join(paths, options) : await begin(paths, options);
}

/** Somebody else is starting it; or was, and is just being killed. */
async function join(paths: AgentPaths, options: UpOptions): Promise<UpResult> {
  const starting = startedByOthers(paths);
  try {
    await waitForAnswer(paths, starting, options.signal);
  } catch (error) {
    if (starting.failure() === undefined) throw error;
    return await begin(paths, options);
  }
  return { paths, alreadyRunning: true, warnings: [] };
}

async function begin(paths: AgentPaths, options: UpOptions): Promise<UpResult> {
  const warnings = await fitness(paths, options);
  claimFolders(paths);
  options.prepare?.(paths);
  const starting = await startGuard(paths, options);
  try {
    await waitForAnswer(paths, starting, options.signal);
  } catch (error) {
    const isOfUse = error instanceof ConstellationError && error.code === "unreachable";
    if (!isOfUse) await starting.stop();
    throw error;
  } finally {
    starting.release();
  }
  return { paths, alreadyRunning: starting.isOvertaken(), warnings };
}

/** What the preflight warns of; throws what it refuses. */
async function fitness(paths: AgentPaths, options: UpOptions): Promise<Finding[]> {
  const findings = await preflight(options);
  refuse(
    paths,
    findings.filter(({ severity }) => severity === "refusal"),
  );
  return findings;
}

function refuse(paths: AgentPaths, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = findings.map(({ problem, fix }) => `\n  - ${problem}; ${fix}`);
  const violations = findings.map(({ id, problem, fix }) => ({ path: id, reason: `${problem}; ${fix}` }));
  const message = `start agent: ${paths.id}: this machine cannot run it:${lines.join("")}`;
  throw new ConstellationError("host-unfit", message, { violations });
}

async function replaceIfOlder(paths: AgentPaths, options: UpOptions, answering: unknown): Promise<UpResult> {
  const result = { paths, alreadyRunning: true, warnings: [] };
  let running = versionOf(answering);
  for (let attempt = 0; isOlder(running, options); attempt++) {
    if (attempt === attempts) {
      const reason = "others upgrade it at the same time; run `constellation-agent up` again";
      throw new ConstellationError("conflict", `upgrade agent: ${paths.id}: ${reason}`);
    }
    if (readRunningGuard(paths)?.handsOver === false) {
      return { ...(await restartAs(paths, options)), upgradedFrom: running };
    }
    if ((await handOver(paths, options)) === "done") return { ...result, upgradedFrom: running };
    await waitForAnswer(paths, startedByOthers(paths), options.signal);
    running = versionOf(await askInfo(paths.socket));
  }
  await keepForNextBoot(paths, options);
  return result;
}

function isOlder(running: string | undefined, { version }: UpOptions): running is string {
  return version !== undefined && running !== undefined && isNewer(version, running);
}

/** For a guard from before there were hand-overs. There is no way back, so this machine is looked at before. */
async function restartAs(paths: AgentPaths, options: UpOptions): Promise<UpResult> {
  await fitness(paths, options);
  await halt(options);
  return { ...(await begin(paths, options)), alreadyRunning: true };
}

/** Undefined for what is no agent's answer. */
function versionOf(info: unknown): string | undefined {
  const { version } = (info ?? {}) as { version?: unknown };
  return typeof version === "string" ? version : undefined;
}
