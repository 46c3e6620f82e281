import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AgentPaths } from "../../contract/index.ts";
import type { UpOptions } from "./types.ts";

/** Whether systemd runs this machine; `systemctl` alone may exist without it (sd_booted(3)). */
export function isSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

export function unitName({ id }: AgentPaths): string {
  return `${id}.service`;
}

export function unitFile(paths: AgentPaths): string {
  return join("/etc/systemd/system", unitName(paths));
}

/** Read by systemd alone: unlike a unit's own settings, its content is not shown to other users. */
export function environmentFile({ stateDir }: AgentPaths): string {
  return join(stateDir, "guard.env");
}

export function environmentText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `${name}="${value.replace(/["\\$`]/g, "\\$&")}"\n`,
  );
  return lines.sort().join("");
}

/**
 * The unit that keeps a guard running. Stopping or restarting it touches the guard alone (KillMode=process): instances,
 * and the agent until its guard ends it, live in the same cgroup and go on. CPUWeight: instances that keep every
 * processor busy must not keep the agent from acting on them.
 */
export function unitText(paths: AgentPaths, command: readonly string[]): string {
  return `[Unit]
Description=Constellation agent ${paths.id}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${command.map(quote).join(" ")}
EnvironmentFile=${environmentFile(paths).replaceAll("%", "%%")}
KillMode=process
Restart=always
RestartSec=0.2
TimeoutStopSec=20
Delegate=yes
CPUWeight=1000
TasksMax=infinity
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
`;
}

/** The guard as it is started, with the agent's program behind it. */
export function guardCommand({ guard, root, agent }: UpOptions): string[] {
  return [guard, "run", ...(root === undefined ? [] : ["--root", root]), "--", ...agent];
}

/** systemd expands % and $ and splits at blanks (systemd.service(5), "Command lines"). */
function quote(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return `"${escaped}"`;
}
