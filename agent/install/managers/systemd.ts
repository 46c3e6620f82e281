import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AgentPaths } from "../../../contract/index.ts";
import { run } from "../programs.ts";
import { environmentFile } from "./environment-file.ts";
import type { ServiceManager } from "./types.ts";

export const systemd: ServiceManager = {
  kind: "systemd unit",
  // sd_booted(3)
  isHere: () => existsSync("/run/systemd/system"),
  fileOf: (paths) => join("/etc/systemd/system", unitName(paths)),
  fileMode: 0o644,
  textOf: unitText,
  cgroupsOf: () => [],
  linkOf: (paths) => join("/etc/systemd/system/multi-user.target.wants", unitName(paths)),
  reread: async () => void (await run("systemctl", ["daemon-reload"])),
  enableAtBoot: async (paths) => void (await run("systemctl", ["enable", unitName(paths)])),
  async enable(paths) {
    await systemd.reread();
    await run("systemctl", ["enable", "--now", unitName(paths)]);
  },
  async stop(paths) {
    await run("systemctl", ["stop", unitName(paths)]).catch(() => undefined); // there may be none
  },
  disable: async (paths) => void (await run("systemctl", ["disable", "--now", unitName(paths)])),
};

const unitName = ({ id }: AgentPaths) => `${id}.service`;

/**
 * The unit that keeps a guard running. Stopping or restarting it touches the guard alone (KillMode=process): instances,
 * and the agent until its guard ends it, live in the same cgroup and go on. CPUWeight: instances that keep every
 * processor busy must not keep the agent from acting on them.
 */
function unitText(paths: AgentPaths, command: readonly string[]): string {
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

/** systemd expands % and $ and splits at blanks (systemd.service(5), "Command lines"). */
function quote(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return `"${escaped}"`;
}
