import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";

/** Where one agent keeps what it owns. Everything that tells two agents on a machine apart derives from `root`. */
export interface AgentPaths {
  /** `constellation`, or `constellation-<6 hex>` under a root of its own: names the nft table, the cgroup, the unit. */
  readonly id: string;
  /** Prefix of network devices, at most 8 characters, so that a suffix of 7 fits the kernel's 15. */
  readonly devicePrefix: string;
  /** Survives a reboot: store, images, instances' writable layers, logs. */
  readonly stateDir: string;
  /** Gone after a reboot: sockets, pins of namespaces, secrets. */
  readonly runDir: string;
  /** The API's unix socket. */
  readonly socket: string;
}

/**
 * Derives an agent's paths and names from its root folder.
 * Without a root: `/var/lib/constellation` and `/run/constellation`, the agent of this machine.
 * A relative one starts at the working folder; `/srv/x/` and `/srv/x` are one root. The guard has the same rule, and
 * `paths.vectors.json` holds both to it.
 */
export function agentPaths(given?: string): AgentPaths {
  const root = given ? resolve(given) : "/";
  if (root === "/") {
    return place("constellation", "cst", "/var/lib/constellation", "/run/constellation");
  }
  const tag = createHash("sha256").update(root).digest("hex").slice(0, 6);
  return place(`constellation-${tag}`, `c${tag}`, join(root, "lib"), join(root, "run"));
}

/** The same from an agent's socket. */
export function agentPathsOf(socket: string): AgentPaths {
  const runDir = dirname(socket);
  return agentPaths(runDir === agentPaths().runDir ? undefined : dirname(runDir));
}

/** The device of an agent's tunnels to other hosts. */
export const tunnelDevice = ({ devicePrefix }: Pick<AgentPaths, "devicePrefix">) => `${devicePrefix}1`;

function place(id: string, devicePrefix: string, stateDir: string, runDir: string): AgentPaths {
  return { id, devicePrefix, stateDir, runDir, socket: join(runDir, "agent.sock") };
}
