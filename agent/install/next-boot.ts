import { existsSync } from "node:fs";
import type { AgentPaths } from "../../contract/index.ts";
import { agentEnvironment } from "./environment.ts";
import { readRunningGuard } from "./guard-record.ts";
import { serviceManagerHere } from "./managers/index.ts";
import { readText } from "./process-id.ts";
import { guardCommand, writeService } from "./service.ts";
import type { UpOptions } from "./types.ts";

/**
 * Has every boot start the program that runs, where that is this one: after a hand-over the service names another, also
 * where that was cut short before this; and it may not have been one of this manager so far. Restarting the service would
 * end nothing but the guard; it is left alone, and the next one starts what runs now.
 */
export async function keepForNextBoot(paths: AgentPaths, options: UpOptions): Promise<void> {
  const manager = serviceManagerHere();
  if (manager === undefined || !isAgent(paths, options.agent)) return;
  const command = guardCommand(options);
  const isNamed = readText(manager.fileOf(paths)) === manager.textOf(paths, command);
  if (isNamed && existsSync(manager.linkOf(paths))) return;
  writeService(manager, paths, command, agentEnvironment(options.programFolders));
  await manager.reread();
  await manager.enableAtBoot(paths);
}

function isAgent(paths: AgentPaths, command: readonly string[]): boolean {
  const agent = readRunningGuard(paths)?.agent;
  return agent !== undefined && readText(`/proc/${agent.pid}/cmdline`) === `${command.join("\0")}\0`;
}
