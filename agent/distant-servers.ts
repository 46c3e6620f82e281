import type { Logger } from "pino";
import { type AgentPaths, ConstellationError, isDigest, quantityBytes } from "../contract/index.ts";
import { serveHost } from "./api/index.ts";
import type { Holds } from "./fence/index.ts";
import { readCredentials, writeCredentials } from "./identity/index.ts";
import { openStream } from "./link/index.ts";
import { type Membership, membershipRecord } from "./membership.ts";
import { answerReach, type Reachable } from "./reach/index.ts";
import type { ServersHalf } from "./servers-half.ts";
import {
  type Assignment,
  createRemoteSession,
  type HostSession,
  keepCertificate,
  keepLinks,
  sessionPaths,
} from "./session/index.ts";

export interface DistantServersOptions {
  readonly paths: AgentPaths;
  readonly membership: Membership;
  readonly version: string;
  readonly bootClock: () => number;
  /** Whether this machine's disk is full. */
  readonly isDiskFull: () => boolean;
  /** A server has answered a heartbeat, and says what may go on here. */
  readonly onHeard: Holds["heard"];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The servers of the cluster that this machine has joined. */
export function followServers(options: DistantServersOptions): ServersHalf {
  const { paths, log, signal, version, bootClock, isDiskFull, onHeard } = options;
  let { membership } = options;
  let credentials = expectCredentials(paths.stateDir);
  let latest: Assignment | undefined;
  const reachable = Promise.withResolvers<Reachable>();
  const links = keepLinks({
    ...{ servers: membership.servers, bootClock, isDiskFull, onHeard },
    credentials: () => credentials,
    serve: (session) => void reachable.promise.then((here) => answerReach(session, here)),
    onChange: (server, trouble) =>
      trouble === undefined
        ? log.info({ server }, "a server answers")
        : log.warn({ server, reason: trouble.message }, "a server cannot be reached; what runs here goes on"),
    signal,
  });
  const session = createRemoteSession({
    links,
    signal,
    onServers(servers) {
      if (servers.length === 0 || servers.join() === membership.servers.join()) return;
      membership = { ...membership, servers: [...servers] };
      links.follow(servers);
      try {
        membershipRecord.write(paths.stateDir, membership);
      } catch (error) {
        // Those it finds at its next start still know where the others are.
        log.warn({ err: error }, "where the servers are now cannot be kept on disk");
      }
    },
    onTrouble: (error) => log.warn({ err: error }, "the session broke off; it is taken up again"),
  });
  const renewing = keepCertificate({
    credentials: () => credentials,
    servers: () => membership.servers,
    onRenewed(renewed) {
      credentials = renewed;
      writeCredentials(paths.stateDir, renewed);
      log.info("this host's certificate was renewed");
      links.redial();
    },
    onTrouble: (error) =>
      log.warn({ err: error }, "this host's certificate cannot be renewed; it is tried again"),
    signal,
  });
  const startedAt = new Date().toISOString();

  return {
    session: noting(session, (assignment) => {
      latest = assignment;
    }),
    imagesInUse: () =>
      latest &&
      new Set(
        Object.values(latest.specs).flatMap(({ imageDigest }) =>
          isDigest(imageDigest) ? [imageDigest] : [],
        ),
      ),
    imageBytes: () => quantityBytes(latest?.imageMaxSize ?? ""),
    async openBlob(digest, until) {
      const { session: connection } = await links.current();
      return (await openStream(connection, `${sessionPaths.blobs}${digest}`, until, "")).body;
    },
    async run(here) {
      reachable.resolve({ ...here.access, stats: () => here.stats([]) });
      const { name, clusterId } = membership;
      const api = await serveHost(
        paths.socket,
        () => ({ version, model: 1, clusterId, host: name, pid: process.pid, startedAt }),
        () => membership.servers,
      );
      log.info({ version, socket: paths.socket, servers: membership.servers }, "agent started as a host");
      await renewing;
      await api.close();
    },
  };
}

function expectCredentials(stateDir: string) {
  const found = readCredentials(stateDir);
  if (found) return found;
  throw new ConstellationError(
    "host-unfit",
    `start agent: ${stateDir}/identity: this host's certificate is gone; join again`,
  );
}

/** The same session; whoever it is told to hears of each assignment first. */
function noting(session: HostSession, tell: (assignment: Assignment) => void): HostSession {
  return {
    ...session,
    async *assignments(signal) {
      for await (const assignment of session.assignments(signal)) {
        tell(assignment);
        yield assignment;
      }
    },
  };
}
