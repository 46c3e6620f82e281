import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { type AgentPaths, ConstellationError } from "../contract/index.ts";
import { type Connection, connectKeyValues, superviseMember } from "./adapters/etcd/index.ts";
import { createProcesses, readBootClock, readStartTime, readUnixPeer } from "./adapters/libc/index.ts";
import { createPortProbe } from "./adapters/procnet/index.ts";
import type { Holds } from "./fence/index.ts";
import { localRanges } from "./host.ts";
import { readCredentials } from "./identity/index.ts";
import { findProgram } from "./lib/find-program.ts";
import { openToPeers, peeringOf } from "./peers.ts";
import { forgetJoining, type OwnPeering } from "./servers/index.ts";
import type { ServersHalf } from "./servers-half.ts";
import {
  keepConfirmed,
  type Server,
  type ServerOptions,
  startServer,
  untilServing,
} from "./serving/index.ts";
import { laterSession } from "./session/index.ts";
import { readHostNames } from "./store/index.ts";

/** The store's process, and the way to it. */
export interface StoreProcess {
  readonly keyValues: Connection;
  /** Lets other servers reach it from now on; it is away for a moment. May be repeated. */
  openToPeers(own: OwnPeering): Promise<void>;
  /** The hosts of the cluster in it; none in a new one. */
  hostNames(signal: AbortSignal): Promise<readonly string[]>;
  /** It goes on, for the next agent. */
  letGo(): Promise<void>;
}

export function startStore(paths: AgentPaths, log: Logger): StoreProcess {
  const { stateDir } = paths;
  const dataDir = join(stateDir, "etcd");
  const isNew = !existsSync(join(dataDir, "member"));
  const member = superviseMember({
    program: findProgram(["etcd"], process.env),
    dataDir,
    runDir: storeFolder(paths),
    logFile: join(stateDir, "etcd.log"),
    peering: () => peeringOf(stateDir),
    processes: { ...createProcesses(), startTimeOf: readStartTime },
    onChange: (message, fields) =>
      log[fields.trouble ? "error" : "info"]({ component: "store", ...fields }, `store ${message}`),
  });
  const keyValues = connectKeyValues(member.socket, member.trouble, () => readCredentials(stateDir));
  // Servers that nobody could reach for longer than a certificate lives must find each other all the same.
  const renewing = setInterval(() => {
    peeringOf(stateDir).catch((error: unknown) =>
      log.error({ component: "store", err: error }, "this server's certificate cannot be renewed"),
    );
  }, renewalMs).unref();
  return {
    keyValues,
    openToPeers: (own) => openToPeers(own, { stateDir, members: keyValues.members, restart: member.restart }),
    hostNames: async (signal) => (isNew ? [] : await readHostNames(keyValues, signal)),
    async letGo() {
      clearInterval(renewing);
      keyValues.close();
      await member.letGo();
    },
  };
}

/** Between two looks at the certificate, in milliseconds. */
const renewalMs = 60_000;

/** Where its sockets are. */
export const storeFolder = ({ runDir }: AgentPaths) => join(runDir, "etcd");

type ClusterOptions = Pick<
  ServerOptions,
  "paths" | "hostName" | "version" | "images" | "isDiskFull" | "log" | "signal"
>;

/** The servers' half in this process: all that stands on the store, as soon as that lets it. */
export function serveCluster(
  options: ClusterOptions,
  store: StoreProcess | undefined,
  holds: Pick<Holds, "heard" | "isNeeded" | "onNeed">,
): ServersHalf {
  if (store === undefined) throw new ConstellationError("bug", "serve the cluster: there is no store");
  const { paths, log, signal } = options;
  let server: Server | undefined;
  const serving = untilServing(
    paths.socket,
    (attempt) =>
      startServer({
        ...{ ...options, keyValues: store.keyValues, signal: attempt },
        servers: { ...store.keyValues.members, openToPeers: store.openToPeers },
        ...{ portProbe: createPortProbe(), bootClock: readBootClock, onHeard: holds.heard },
        localRanges: () => localRanges(paths.devicePrefix),
        readPeer: readUnixPeer,
      }),
    log,
    signal,
  );
  return {
    session: laterSession(serving.then((started) => started.session)),
    imagesInUse: () => server?.imagesInUse(),
    imageBytes: () => server?.imageBytes(),
    openBlob: async (digest, until) => await (await serving).openElsewhere(digest, until),
    async run(here) {
      const started = await serving;
      server = started;
      forgetJoining(paths.stateDir);
      const api = await started.listen(here);
      void keepConfirmed(started, holds, readBootClock, signal);
      log.info({ version: options.version, socket: paths.socket }, "agent started");
      await started.running.finally(() => api.close());
    },
  };
}
