import { existsSync } from "node:fs";
import { agentPaths, agentPathsOf, type Client, ConstellationError, connect } from "../../contract/index.ts";
import { type Access, parseAccess } from "./access.ts";
import type { Config, Connection, Connections } from "./types.ts";

/** Opens each cluster's client once. */
export function createConnections(config: () => Config, environment: NodeJS.ProcessEnv): Connections {
  const open = new Map<string, Promise<Connection>>();
  const targetOf = (own: string | undefined): Target => {
    const access = own ?? config().cluster ?? environment.CONSTELLATION_CLUSTER;
    return access === undefined ? localTarget(environment) : remoteTarget(parseAccess(access));
  };
  return {
    to(own) {
      const target = targetOf(own);
      const key = `${target.socket} ${target.id ?? ""}`;
      const known = open.get(key);
      if (known) return known;
      const opening = verify(connect({ socket: target.socket }), target);
      open.set(key, opening);
      // A failed attempt is not remembered: the cluster may be made in this very run.
      opening.catch(() => open.delete(key));
      return opening;
    },
    lost(own, error) {
      if (!(error instanceof ConstellationError)) return undefined;
      if (error.code === "no-cluster") return "gone";
      if (error.code !== "unreachable") return undefined;
      return existsSync(agentPathsOf(targetOf(own).socket).stateDir) ? "down" : "gone";
    },
  };
}

interface Target {
  readonly socket: string;
  readonly id?: string;
}

function localTarget(environment: NodeJS.ProcessEnv): Target {
  return { socket: agentPaths(environment.CONSTELLATION_ROOT).socket };
}

function remoteTarget({ id, addresses }: Access): Target {
  const address = addresses.find((candidate) => candidate.startsWith("unix://"));
  if (address === undefined) {
    throw new ConstellationError(
      "unreachable",
      `connect to cluster ${id}: none of its addresses (${addresses.join(", ")}) is of a kind this version knows`,
    );
  }
  return { socket: address.slice("unix://".length), id };
}

async function verify(client: Client, target: Target): Promise<Connection> {
  const { id } = await client.getCluster();
  if (target.id !== undefined && target.id !== id) {
    throw new ConstellationError(
      "wrong-cluster",
      `connect to cluster ${target.id}: ${target.socket} is cluster ${id}; point the provider at the right one, or, where ${target.id} is no more, take its resources out of the state with pulumi state delete`,
    );
  }
  return { client, clusterId: id };
}
