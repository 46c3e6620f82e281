import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentPaths } from "../../../contract/index.ts";
import { run } from "../programs.ts";
import { environmentFile } from "./environment-file.ts";
import type { ServiceManager } from "./types.ts";

const limits = { othersMs: 5_000, pauseMs: 200 };

export const openRc: ServiceManager = {
  kind: "OpenRC service",
  // As openrc-run itself asks whether OpenRC booted the machine.
  isHere: () => existsSync("/run/openrc/softlevel"),
  fileOf: (paths) => join("/etc/init.d", serviceName(paths)),
  fileMode: 0o755,
  textOf: serviceText,
  // The latter is what newer releases make in version 2.
  cgroupsOf: (paths) => [serviceName(paths), `openrc.${serviceName(paths)}`],
  linkOf: (paths) => join("/etc/runlevels/default", serviceName(paths)),
  // It reads the script each time.
  reread: async () => undefined,
  enableAtBoot: async (paths) => void (await run("rc-update", ["add", serviceName(paths), "default"])),
  async enable(paths) {
    await openRc.enableAtBoot(paths);
    // One whose supervisor was killed counts as started, and one that is there may have been given another command.
    await run("rc-service", [serviceName(paths), "restart"]).catch(
      async (error) => await othersStart(serviceName(paths), error),
    );
  },
  async stop(paths) {
    await run("rc-service", [serviceName(paths), "stop"]).catch(() => undefined); // there may be none
  },
  async disable(paths) {
    await openRc.stop(paths);
    await run("rc-update", ["delete", serviceName(paths), "default"]).catch(() => undefined); // somebody may have done so
  },
};

/** Not the agent's own: OpenRC makes a cgroup of this name, and the agent one of its. */
function serviceName({ id }: AgentPaths): string {
  return `${id}-agent`;
}

/** OpenRC refuses what somebody else does at the same time: then theirs is as good. */
async function othersStart(name: string, failure: Error): Promise<void> {
  for (const deadline = performance.now() + limits.othersMs; ; await delay(limits.pauseMs)) {
    const isStarted = await run("rc-service", [name, "status"]).then(
      () => true,
      () => false,
    );
    if (isStarted) return;
    if (performance.now() > deadline) throw failure;
  }
}

/**
 * The service that keeps a guard running, by supervise-daemon(8). Its end is a signal to the guard alone, and its cgroup is
 * not cleaned up after it: the agent and instances go on. The shell reads the environment, which the words do not show.
 */
function serviceText(paths: AgentPaths, command: readonly string[]): string {
  const words = ["/bin/sh", "-c", 'set -a; . "$0"; set +a; exec "$@"', environmentFile(paths), ...command];
  const names = words.map((_, at) => `"$word${at}"`);
  return `#!/sbin/openrc-run
description="Constellation agent ${paths.id}"
supervisor=supervise-daemon
respawn_delay=1
respawn_max=0
retry=TERM/20/KILL/5
rc_cgroup_cleanup=no
rc_cgroup_settings="cpu.weight 1000"
rc_ulimit="-n 1048576"
${words.map((word, at) => `word${at}=${quote(word)}`).join("\n")}
# Evaluated once more when they are used.
command='${names[0]}'
command_args='${names.slice(1).join(" ")}'

depend() {
  use net
  after localmount firewall
}
`;
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
