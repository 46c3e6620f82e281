import { randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, ConstellationError } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { readGuardRecord } from "./guard-record.ts";
import { isRunning, signal } from "./process-id.ts";
import { run } from "./programs.ts";
import { environmentFile, environmentText, isSystemd, unitFile, unitText } from "./systemd.ts";
import type { UpOptions } from "./types.ts";

/** The old agent's end, the new one's first answer and its first seconds, all at their longest, and the way back. */
const limits = { handOverMs: 60_000, pauseMs: 50 };

/**
 * Makes this program the agent in place of the one that runs. Its guard ends that one, starts this one, and goes back
 * by itself when this one fails its first checks; no instance and no connection is touched either way.
 * Throws `host-unfit` with the reason when it went back.
 */
export async function handOver(paths: AgentPaths, options: UpOptions): Promise<void> {
  const failed = (reason: string) =>
    new ConstellationError("host-unfit", `upgrade agent: ${paths.id}: ${reason}`);
  const guard = readGuardRecord(paths)?.guard;
  if (guard === undefined || !isRunning(guard)) {
    throw failed("it runs without a guard; end it and run `constellation-agent up` again");
  }
  const id = randomBytes(8).toString("hex");
  const environment = agentEnvironment(options.programFolders);
  writeRequest(paths, {
    id,
    program: options.agent,
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  });
  signal(guard, "SIGUSR1");
  const deadline = performance.now() + limits.handOverMs;
  for (;;) {
    const state = readGuardRecord(paths)?.handOver;
    if (state?.id === id && state.state === "done") break;
    if (state?.id === id && state.state === "reverted") {
      const log = join(paths.stateDir, "agent.log");
      throw failed(
        `the new program failed its first checks: ${state.reason}; the old one runs again; see ${log}`,
      );
    }
    if (!isRunning(guard)) throw failed("its guard ended meanwhile; run `constellation-agent up` again");
    if (performance.now() > deadline) throw failed(`not done within ${limits.handOverMs / 1000} s`);
    await delay(limits.pauseMs);
  }
  if (isSystemd()) await keepForNextBoot(paths, options, environment);
}

function writeRequest({ runDir }: AgentPaths, request: object): void {
  const file = join(runDir, "handover.json");
  writeFileSync(`${file}.new`, JSON.stringify(request), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Restarting the unit would end nothing but the guard; it is left alone, and the next one starts what runs now. */
async function keepForNextBoot(
  paths: AgentPaths,
  options: UpOptions,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  writeFileSync(environmentFile(paths), environmentText(environment), { mode: 0o600 });
  writeFileSync(unitFile(paths), unitText(paths, guardCommand(options)));
  await run("systemctl", ["daemon-reload"]);
}

/** The guard as it is started, with the agent's program behind it. */
export function guardCommand({ guard, root, agent }: UpOptions): string[] {
  return [guard, "run", ...(root === undefined ? [] : ["--root", root]), "--", ...agent];
}
