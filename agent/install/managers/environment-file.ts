import { join } from "node:path";
import type { AgentPaths } from "../../../contract/index.ts";

/** Unlike a service's own settings and command line, its content is not shown to other users. */
export function environmentFile({ stateDir }: AgentPaths): string {
  return join(stateDir, "guard.env");
}

/** As both systemd and a shell read it. */
export function environmentText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `${name}="${value.replace(/["\\$`]/g, "\\$&")}"\n`,
  );
  return lines.sort().join("");
}
