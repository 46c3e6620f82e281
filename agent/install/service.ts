import { chmodSync, rmSync, writeFileSync } from "node:fs";
import type { AgentPaths } from "../../contract/index.ts";
import { environmentFile, environmentText, type ServiceManager } from "./managers/index.ts";
import type { UpOptions } from "./types.ts";

/** The guard as it is started, with the agent's program behind it. */
export function guardCommand({ guard, root, agent }: UpOptions): string[] {
  return [guard, "run", ...(root === undefined ? [] : ["--root", root]), "--", ...agent];
}

/** Says what the machine's service manager is to run. */
export function writeService(
  manager: ServiceManager,
  paths: AgentPaths,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): void {
  writeFileSync(environmentFile(paths), environmentText(environment), { mode: 0o600 });
  writeFileSync(manager.fileOf(paths), manager.textOf(paths, command));
  chmodSync(manager.fileOf(paths), manager.fileMode);
}

/** Ends it, and leaves nothing of it. */
export async function removeService(manager: ServiceManager, paths: AgentPaths): Promise<void> {
  if (manager.isHere()) await manager.disable(paths);
  rmSync(manager.fileOf(paths));
  rmSync(manager.linkOf(paths), { force: true });
  if (manager.isHere()) await manager.reread();
}
