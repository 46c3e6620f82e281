import { existsSync } from "node:fs";
import { agentPaths, agentPathsOf, type Client, ConstellationError, connect } from "../../contract/index.ts";
import { type Access, parseAccess, thisMachine } from "./access.ts";
import type { Config, Connection, Connections } from "./types.ts";

/** Opens each cluster's client once. */
export function createConnections(config: () => Config, environment: NodeJS.ProcessEnv): Connections {
  const open = new Map<string, Promise<Connection>>();
  const targetOf = (own: string | undefined): Target => {
    const access = own ?? config().cluster ?? environment.CONSTELLATION_CLUSTER;
    return access === undefined ? localTarget(environment) : accessTarget(parseAccess(access));
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
      switch (error.code) {
        case "no-cluster":
          return "gone";
        case "unreachable":
          return existsSync(agentPathsOf(targetOf(own).socket).stateDir) ? "down" : "gone";
        case "wrong-cluster":
          // One agent has one root: another cluster there has taken the place of the one that was meant.
          return own !== undefined && parseAccess(own).machine === thisMachine() ? "gone" : undefined;
        default:
          return undefined;
      }
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

function accessTarget({ id, addresses, machine }: Access): Target {
  if (machine !== undefined && machine !== thisMachine()) {
    throw new ConstellationError(
      "wrong-cluster",
      `connect to cluster ${id}: it runs on another machine than this one; run pulumi there`,
    );
  }
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
