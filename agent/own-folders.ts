import type { AgentPaths } from "../contract/index.ts";

/** The agent's state, secrets and sockets make root of whoever has them: no instance may mount these folders. */
export function ownFolders({ stateDir, runDir }: AgentPaths): readonly string[] {
  return [stateDir, runDir];
}
