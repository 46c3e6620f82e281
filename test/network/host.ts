/**
 * The agent's network alone, with its real adapters, as a process in a machine: `host.ts ROOT`. Takes one JSON request
 * a line on stdin, answers each with one JSON line that has its `number`, in any order; at the end of stdin it goes and leaves everything as it is.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import pino from "pino";
import {
  createDnsmasq,
  createDnsmasqViews,
  type DnsmasqOptions,
} from "../../agent/adapters/dnsmasq/index.ts";
import {
  createConntrack,
  createNetwork,
  createProcesses,
  createRun,
  createSockets,
  createSpawner,
  readSysctl,
  writeSysctl,
} from "../../agent/adapters/libc/index.ts";
import { createNftables } from "../../agent/adapters/nftables/index.ts";
import { createWireguard } from "../../agent/adapters/wireguard/index.ts";
import { claimFolders } from "../../agent/install/index.ts";
import { placesOf, runNetwork } from "../../agent/network/index.ts";
import type { Assignment } from "../../agent/session/index.ts";
import { agentPaths } from "../../contract/index.ts";
import { pinnedTools } from "../../tools/lib/places.mjs";

export type Request =
  | { readonly kind: "assign"; readonly assignment: Assignment }
  | {
      readonly kind: "plug in";
      readonly id: string;
      readonly address: string;
      readonly cloudMetadata?: boolean;
      readonly hasNetworks?: boolean;
    }
  | { readonly kind: "public key" }
  | { readonly kind: "unplug"; readonly id: string };

const paths = agentPaths(process.argv[2]);
claimFolders(paths);
const log = pino({ level: "debug" }, pino.destination(2));
const stopping = new AbortController();
const spawner = createSpawner();
const nameServer: DnsmasqOptions = {
  folder: `${paths.runDir}/dns`,
  spawner,
  processes: createProcesses(),
  onEnd: () => network.wake(),
  onChange: (message, pid) => log.info({ pid }, `name server ${message}`),
  signal: stopping.signal,
};
const places = placesOf(paths);
const tunnel = createWireguard({
  device: places.tunnel,
  keyFile: `${paths.stateDir}/wireguard.key`,
  endpointsFile: `${paths.stateDir}/wireguard.endpoints`,
  logFile: `${paths.runDir}/wireguard.log`,
  ...{ run: createRun(spawner), spawner, processes: createProcesses(), signal: stopping.signal },
  findProgram: () => join(pinnedTools, "wireguard-go"),
  onEnd: () => network.wake(),
  onChange: (message, pid) => log.info({ pid }, `userspace tunnel ${message}`),
});
const network = runNetwork(
  paths,
  {
    links: createNetwork(),
    tunnel,
    sysctls: { read: readSysctl, write: writeSysctl },
    traffic: createNftables({ table: paths.id, run: createRun(spawner) }),
    names: createDnsmasq(nameServer),
    views: createDnsmasqViews({ ...nameServer, folder: `${paths.runDir}/views` }),
    conntrack: createConntrack(),
    sockets: createSockets(),
  },
  log,
  stopping.signal,
);

for await (const line of createInterface({ input: process.stdin })) {
  const { number, ...request }: Request & { number: number } = JSON.parse(line);
  void answer(request).then((given) => process.stdout.write(`${JSON.stringify({ number, ...given })}\n`));
}
stopping.abort();
await network.running;
process.exit(0);

async function answer(request: Request): Promise<object> {
  try {
    if (request.kind === "plug in") return await network.plugIn(request);
    if (request.kind === "public key") return { publicKey: tunnel.publicKey() };
    if (request.kind === "unplug") await network.unplug(request.id);
    else network.assign(request.assignment);
    return {};
  } catch (error) {
    return { error: String(error) };
  }
}
