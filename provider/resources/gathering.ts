import { type Client, type ClusterRecord, drainHost } from "../../contract/index.ts";
import { type Call, ownerOf } from "../engine/index.ts";
import type { RemoteMachine } from "../machines/index.ts";
import { type ServerPorts, settleServers, type WantedServer } from "../servers/index.ts";
import { serverAddress } from "./server-address.ts";
import { isBarred, type Looked, type ServerMachine } from "./server-machine.ts";

/** For everything to move off a server that goes. */
const drainMs = 300_000;

export interface Gathered {
  readonly client: Client;
  /** Whichever server answers. */
  readonly any: RemoteMachine;
  readonly cluster: ClusterRecord;
  readonly wanted: readonly ServerMachine[];
  /** Machines that the program named before. */
  readonly dropped: readonly ServerMachine[];
  /** As they were before the first one was started. */
  readonly looked: ReadonlyMap<string, Looked>;
  /** Of those that are wanted, the one that it was founded on. */
  readonly founder: string | undefined;
  readonly call: Call;
}

/** Brings a founded cluster's servers about. */
export function createGathering({ client, any, cluster, wanted, dropped, looked, founder, call }: Gathered) {
  const states = new Map(wanted.map(({ name }) => [name, stateOf(looked.get(name))]));
  if (founder !== undefined) states.set(founder, "serving");
  const { signal, progress, info, warn } = call;

  const tokenFor = async ({ name, machine, settings }: ServerMachine) =>
    await client.createJoinToken({
      ...{ name, role: "server", owner: ownerOf(call.urn) },
      serverAddress: await serverAddress(any, machine, signal),
      ...settings,
    });

  const clear = async (server: ServerMachine) => {
    await server.clear(call).catch((error: unknown) => {
      if (!isBarred(error)) throw error;
      warn(`server ${server.name}: ${error.message}: what is on it stays`);
    });
  };

  const ports: ServerPorts = {
    ...{ signal, progress, info },
    look: async () => ({
      wanted: wanted.map(({ name }) => ({ name, machine: states.get(name) ?? "away" })),
      seen: await client.listServers(),
    }),
    async join(name) {
      const server = wanted.find((one) => one.name === name) as ServerMachine;
      await server.start(call, {
        clusterId: cluster.id,
        known: undefined,
        token: async () => await tokenFor(server),
      });
      states.set(name, "serving");
    },
    async remove(name) {
      const host = await client.getHost(name);
      if (host?.state === "ready")
        await drainHost(client, name, {
          ...{ timeoutMs: drainMs, signal },
          onProgress: (message) => progress(`server ${name}: draining: ${message}`),
        });
      await client.deleteServer(name);
      for (const server of dropped.filter((one) => one.name === name)) await clear(server);
    },
  };

  return {
    /** @returns why it cannot go on. */
    settle: async () => await settleServers(ports),
    /** Of the first one they came with the cluster's record. What is left out is set back to nothing. */
    async writeSettings() {
      if (wanted.length === 1 && dropped.length === 0) return;
      const there = new Set((await client.listServers()).map(({ name }) => name));
      for (const { name, settings } of wanted.filter((one) => there.has(one.name))) {
        const { labels = {}, taints = [], reserved = {} } = settings;
        await client.putHost(name, { labels, taints, reserved });
      }
    },
  };
}

function stateOf(look: Looked | undefined): WantedServer["machine"] {
  if (look === undefined || "trouble" in look) return "away";
  return look.examined.facts.hasStore ? "serving" : "blank";
}
