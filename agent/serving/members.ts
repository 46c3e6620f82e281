import { networkInterfaces } from "node:os";
import type { Logger } from "pino";
import type { Clusters } from "../cluster/index.ts";
import { createHosts, type Hosts, type HostsPorts, type HostWatch, parseWish } from "../hosts/index.ts";
import { type Authority, openAuthority } from "../identity/index.ts";
import { type Routes, readWhole } from "../link/index.ts";
import { readMachineId } from "../machine-id.ts";
import { createReach, type Reach } from "../reach/index.ts";
import { createServers, promoteLearners, type Servers, type ServersPorts } from "../servers/index.ts";
import { type ServingOptions, sessionRoutes } from "../session/index.ts";
import { families, keys, type Store } from "../store/index.ts";
import { keepListening, type Listening } from "./listening.ts";
import { admitServers, type OwnServers } from "./new-servers.ts";

export interface MembersOptions
  extends Pick<
    ServingOptions,
    "assignments" | "onPlacing" | "onProgress" | "confirm" | "openBlob" | "blobsOf" | "isStranded"
  > {
  /** With the hosts' states. */
  readonly store: Store;
  /** As it was written. */
  readonly records: Store;
  readonly watch: HostWatch;
  readonly remainingMs: HostsPorts["remainingMs"];
  readonly handOver: ServersPorts["handOver"];
  readonly clusters: Clusters;
  readonly servers: OwnServers;
  /** What the other servers ask for. */
  readonly routes: Routes;
  readonly self: string;
  readonly stateDir: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The cluster's other machines, as a server has to do with them. */
export interface Members {
  readonly hosts: Hosts;
  readonly reach: Reach;
  readonly servers: Servers;
  readonly listening: Pick<Listening, "trouble">;
  readonly running: Promise<unknown>;
}

/** Wires who may come, what they are told and how they are asked. */
export function admitMembers(options: MembersOptions): Members {
  const { records, watch, clusters, self, stateDir, log, signal } = options;
  const now = () => new Date();
  let opened: Promise<Authority> | undefined;
  const authority = () => {
    opened ??= openAuthority(stateDir, clusters.current().id, now());
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  const hosts = createHosts({
    ...{ store: records, clusters, self, authority, now, remainingMs: options.remainingMs },
    stateOf: watch.stateOf,
    localAddresses,
    machineId: () => readMachineId(stateDir),
    serving: admitServers({ ...options, authority }),
  });
  const servers = createServers({
    ...{ members: options.servers, self, handOver: options.handOver, forget: hosts.forget },
    recorded: () =>
      records.list(families.host).flatMap(({ record }) => (record.role === "server" ? [record] : [])),
    leader: () => records.get(families.leader, keys.leader)?.record.server,
  });
  const promoting = promoteLearners({
    members: options.servers,
    hasPeers: () => hosts.servers().length > 1,
    subscribe: (listener) =>
      records.subscribe(({ changes }) => {
        if (changes.some(({ family }) => family === families.host)) listener();
      }),
    log,
    signal,
  });
  const reach = createReach();
  const routes: Routes = {
    "/v1/join": {
      async strangers({ stream, address }) {
        const answer = await hosts.join(parseWish(await readWhole(stream)), address);
        log.info({ host: answer.name, address }, "a host joined");
        return answer;
      },
    },
    ...options.routes,
    ...sessionRoutes({
      ...options,
      servers: hosts.servers,
      heard: watch.heard,
      hungUp: watch.hungUp,
      refusalOf: hosts.refusalOf,
      renew: hosts.renew,
      leave: hosts.leave,
    }),
  };
  const listening = keepListening({
    ...{ store: records, self, stateDir, authority, routes, log, signal },
    refusalOf: hosts.refusalOf,
    onServing: ({ host }, session) => reach.connected(host, session),
  });
  return { hosts, reach, servers, listening, running: Promise.all([listening.running, promoting]) };
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries = []) =>
    entries.filter(({ family }) => family === "IPv4").map(({ address }) => address),
  );
}
