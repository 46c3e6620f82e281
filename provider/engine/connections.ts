import { existsSync } from "node:fs";
import {
  type Address,
  agentPaths,
  agentPathsOf,
  type Client,
  ConstellationError,
  connect,
} from "../../contract/index.ts";
import { anyOf, type Machines, type RemoteMachine } from "../machines/index.ts";
import { type Access, parseAccess, thisMachine } from "./access.ts";
import type { Config, Connection, Connections } from "./types.ts";

/** Opens each cluster's client once. */
export function createConnections(
  config: () => Config,
  environment: NodeJS.ProcessEnv,
  machines: Machines,
): Connections {
  const open = new Map<string, Promise<Connection>>();
  const renewed = new Map<string, Access>();
  const targetOf = (own: string | undefined): Target => {
    const access = own ?? config().cluster ?? environment.CONSTELLATION_CLUSTER;
    if (access === undefined) return localTarget(environment);
    const given = parseAccess(access);
    return accessTarget(renewed.get(given.id) ?? given, machines);
  };
  return {
    begin() {
      open.clear();
      renewed.clear();
      machines.forget();
    },
    renew(access) {
      const newer = parseAccess(access);
      renewed.set(newer.id, newer);
    },
    to(own) {
      const target = targetOf(own);
      const key = `${target.name} ${target.id ?? ""}`;
      const known = open.get(key);
      if (known) return known;
      const opening = verify(connect(target.address), target);
      open.set(key, opening);
      // A failed attempt is not remembered: the cluster may be made in this very run.
      opening.catch(() => open.delete(key));
      return opening;
    },
    async lost(own, error) {
      if (!(error instanceof ConstellationError)) return undefined;
      switch (error.code) {
        case "no-cluster":
          return "gone";
        case "unreachable":
          return (await mayComeBack(targetOf(own))) ? "down" : "gone";
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
  readonly name: string;
  readonly address: Address;
  readonly machine?: RemoteMachine;
  readonly id?: string;
}

function localTarget(environment: NodeJS.ProcessEnv): Target {
  const { socket } = agentPaths(environment.CONSTELLATION_ROOT);
  return { name: socket, address: { socket } };
}

function accessTarget({ id, addresses, machine, servers = [] }: Access, machines: Machines): Target {
  const [first, ...others] = servers.map((server) => machines.at(server));
  if (first !== undefined) {
    const remote = anyOf([first, ...others]);
    return { name: remote.name, address: remote.address, machine: remote, id };
  }
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
  const socket = address.slice("unix://".length);
  return { name: socket, address: { socket }, id };
}

/** A machine that cannot be asked may still hold it. */
async function mayComeBack({ address, machine }: Target): Promise<boolean> {
  if ("socket" in address) return existsSync(agentPathsOf(address.socket).stateDir);
  return (await machine?.holdsState().catch(() => true)) ?? true;
}

async function verify(client: Client, target: Target): Promise<Connection> {
  const { id } = await client.getCluster();
  if (target.id !== undefined && target.id !== id) {
    throw new ConstellationError(
      "wrong-cluster",
      `connect to cluster ${target.id}: ${target.name} is cluster ${id}; point the provider at the right one, or, where ${target.id} is no more, take its resources out of the state with pulumi state delete`,
    );
  }
  return { client, clusterId: id, ...(target.machine && { machine: target.machine }) };
}
