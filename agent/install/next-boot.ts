import { writeFileSync } from "node:fs";
import type { AgentPaths } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { readRunningGuard } from "./guard-record.ts";
import { readText } from "./process-id.ts";
import { run } from "./programs.ts";
import { environmentFile, environmentText, guardCommand, isSystemd, unitFile, unitText } from "./systemd.ts";
import type { UpOptions } from "./types.ts";

/**
 * Lets the unit name the program that runs, where that is this one and the unit names another: after a hand-over, also
 * one that was cut short before this. Restarting the unit would end nothing but the guard; it is left alone, and the
 * next one starts what runs now.
 */
export async function keepForNextBoot(paths: AgentPaths, options: UpOptions): Promise<void> {
  if (!isSystemd() || !isAgent(paths, options.agent)) return;
  const text = unitText(paths, guardCommand(options));
  if (readText(unitFile(paths)) === text) return;
  const environment = environmentText(agentEnvironment(options.programFolders));
  writeFileSync(environmentFile(paths), environment, { mode: 0o600 });
  writeFileSync(unitFile(paths), text);
  await run("systemctl", ["daemon-reload"]);
}

function isAgent(paths: AgentPaths, command: readonly string[]): boolean {
  const agent = readRunningGuard(paths)?.agent;
  return agent !== undefined && readText(`/proc/${agent.pid}/cmdline`) === `${command.join("\0")}\0`;
}
