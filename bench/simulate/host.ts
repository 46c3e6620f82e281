import { release } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { joinAnswer, parseToken } from "../../agent/hosts/index.ts";
import { type Credentials, makeKey, requestCertificate } from "../../agent/identity/index.ts";
import { ask, dial } from "../../agent/link/index.ts";
import {
  type Assignment,
  createRemoteSession,
  keepLinks,
  type Observation,
  type Placement,
} from "../../agent/session/index.ts";
import { ConstellationError, errorTable } from "../../contract/index.ts";
import { followOwn } from "./follow.ts";
import type { Ticket } from "./types.ts";

/** In milliseconds. */
const joinMs = 60_000;
const pauseMs = 200;

/** Joins as a machine does, with all that it would send, again and again while others are in its way. */
export async function joinAs(ticket: Ticket, uid: string, server: string): Promise<Credentials> {
  for (const deadline = performance.now() + joinMs; ; await delay(pauseMs * Math.random()))
    try {
      return await join(ticket, uid, server);
    } catch (error) {
      const isPassing = error instanceof ConstellationError && errorTable[error.code].retryable;
      if (!isPassing || performance.now() > deadline) throw error;
    }
}

async function join({ token }: Ticket, uid: string, server: string): Promise<Credentials> {
  const { id, secret, fingerprint } = parseToken(token);
  const { session, authority, close } = await dial(server, { fingerprint }, AbortSignal.timeout(joinMs));
  try {
    const key = makeKey();
    const networks = [{ device: "lo", range: "127.0.0.1/8" }];
    const wish = { id, secret, uid, networks, csr: await requestCertificate(key, "host") };
    const { certificate } = await ask(session, "/v1/join", wish, joinAnswer);
    return { authority, certificate, key };
  } finally {
    close();
  }
}

export interface SimulatedHost {
  /** Instances of which the server has stored that they run. */
  running(): number;
  /** Instances that it would send traffic to; undefined: it holds no routes. */
  routed(): number | undefined;
  hasHeard(): boolean;
  /** Ends its connections, and says nothing any more. */
  die(): void;
}

/** Told of what happens, to be counted. */
export interface Listener {
  onAssignment(): void;
  onObservation(): void;
  onBreak(): void;
}

/**
 * A host that speaks to the server as a real one does, and starts nothing: what is placed on it runs at once. `isWitness`: it holds
 * the routes, by the product's own session; others let go of them.
 */
export function startHost(
  name: string,
  credentials: Credentials,
  server: string,
  listener: Listener,
  isWitness: boolean,
): SimulatedHost {
  const ending = new AbortController();
  const { signal } = ending;
  let running = 0;
  let reported: string | undefined;
  let routed = 0;
  const links = keepLinks({
    ...{ servers: [server], credentials: () => credentials, bootClock: () => performance.now(), signal },
    isDiskFull: () => false,
    serve: () => undefined,
    onHeard: () => undefined,
    onChange: (_, trouble) => trouble && listener.onBreak(),
  });
  const session = createRemoteSession({
    ...{ links, signal, onServers: () => undefined },
    onTrouble: () => signal.aborted || listener.onBreak(),
  });

  async function* witnessed(): AsyncGenerator<Assignment> {
    for await (const assignment of session.assignments(signal)) {
      routed = assignment.services.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
      yield assignment;
    }
  }
  const told = isWitness ? witnessed() : followOwn(links, listener.onBreak, signal);

  const follow = async () => {
    const since = new Date().toISOString();
    for await (const assignment of told) {
      listener.onAssignment();
      const { placements } = assignment;
      const wanted = placements.filter(({ want }) => want === "run");
      const ids = wanted.map(({ id }) => id).join();
      if (ids === reported) continue;
      reported = ids;
      const report = session.report(observationOf(name, assignment, wanted, since)).then(() => {
        listener.onObservation();
        running = wanted.length;
      });
      // A report that fails for good is told anew with the next assignment.
      report.catch(() => {
        reported = undefined;
      });
    }
  };
  follow().catch(() => undefined); // It ends by dying.
  return {
    running: () => running,
    routed: () => (isWitness ? routed : undefined),
    hasHeard: () => reported !== undefined,
    die() {
      running = 0;
      reported = undefined;
      ending.abort();
    },
  };
}

const gi = 2 ** 30;

function observationOf(
  name: string,
  { revision, lineage, host }: Pick<Assignment, "revision" | "lineage" | "host">,
  wanted: readonly Placement[],
  since: string,
): Observation {
  return {
    heard: { revision, lineage },
    host: {
      ...{ name, address: "127.0.0.1", cidr: host.cidr, agentVersion: "0.0.0", kernel: release() },
      ...{ cgroup: "v2", capacity: { cpu: 64, memory: 256 * gi }, ulimitCeilings: {}, startedAt: since },
    },
    instances: wanted.map(({ id, namespace, service, serviceUid, name: slot, index, address, revision }) => ({
      ...{ id, namespace, service, serviceUid, name: slot, index, host: name, address, revision },
      ...{ state: "running", healthy: true, reason: "", restarts: 0, image: "simulated" },
      ...{ since, startedAt: since },
    })),
  };
}
