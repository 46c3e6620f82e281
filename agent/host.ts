import { availableParallelism, networkInterfaces, release, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { HostReport } from "../contract/index.ts";
import type { LocalRange } from "./cluster/index.ts";
import { ownAddress } from "./host-address.ts";
import type { HostInstances, Reports } from "./instances/index.ts";
import { type HostNetwork, routedOn } from "./network/index.ts";
import {
  type Assignment,
  type HostSession,
  idleAmong,
  isBefore,
  isSameBesideRevision,
  type Observation,
  routedAmong,
  withKeptRoutes,
  withoutRoutesTo,
} from "./session/index.ts";

/** How long the servers may take before the network goes on without them, in milliseconds. */
const patienceMs = 5_000;

export interface HostOptions {
  readonly session: HostSession;
  /** Of the agent before this one, on the same boot. */
  readonly lastAssignment: Assignment | undefined;
  readonly network: Pick<HostNetwork, "assign">;
  readonly describe: (assignment: Assignment) => Observation["host"];
  readonly createInstances: (reports: Reports, routes: AssignedRoutes) => HostInstances;
  readonly signal: AbortSignal;
}

/** The routes as the servers tell them to all hosts, whatever this one makes of them. */
export interface AssignedRoutes {
  /** Whether other hosts may still lead new connections to an instance of this one. */
  leadTo(id: string): boolean;
}

export interface RunningHost {
  readonly instances: HostInstances;
  /** Resolves after the signal aborts; rejects when the host's half cannot go on. */
  readonly running: Promise<void>;
}

/** This machine's own half: follows its session, and reports back. */
export function runHost(options: HostOptions): RunningHost {
  const { session, lastAssignment, network, describe, createInstances, signal } = options;
  let latest: Assignment | undefined;
  const routes = createRoutes(network, () => instances.list());
  // Not at once: the rules in the kernel may already be newer.
  if (lastAssignment) setTimeout(() => latest ?? routes.assign(lastAssignment), patienceMs).unref();
  const observationOf = (assignment: Assignment, list: Observation["instances"]): Observation => {
    const { revision, lineage } = assignment;
    const heard = { revision, ...(lineage !== undefined && { lineage }) };
    return { host: describe(assignment), instances: list, heard };
  };
  const reports: Reports = {
    // Before the first assignment nobody knows this host's range; what it runs is reported with that.
    instances: async (list) => (latest ? session.report(observationOf(latest, list)) : undefined),
    changed: () => routes.look(),
    progress: (id, message) => session.progress(id, message),
  };
  const instances = createInstances(reports, routes);

  async function* assignments(): AsyncIterable<Assignment> {
    for await (const told of session.assignments(signal)) {
      const isFirst = latest === undefined;
      const before = latest ?? lastAssignment;
      // Of a server that is behind the one before; which says it once, though, where it is the same.
      if (isBefore(told, before) && !(isFirst && isSameBesideRevision(before, told))) continue;
      const assignment = withKeptRoutes(asNewAs(told, before), before);
      latest = assignment;
      yield assignment;
      // Once the instances have taken over what was here: a list without them would take them out of traffic.
      // What fails of it is reported again by the instances themselves; no route waits for that.
      if (isFirst) await briefly(session.report(observationOf(assignment, instances.list())));
      // After the instances: a start waits for no packet rule.
      routes.assign(assignment);
    }
  }

  return { instances, running: instances.run(assignments(), signal) };
}

/**
 * The network as it is assigned, but for instances of this host that do not serve: the servers learn of those later, or not at
 * all while none of them answers.
 */
function createRoutes(network: HostOptions["network"], instances: () => Observation["instances"]) {
  let assigned: Assignment | undefined;
  let left: ReadonlySet<string> = new Set();
  let led: ReadonlySet<string> = new Set();
  const assign = (assignment: Assignment) => {
    if (assignment !== assigned) led = routedOn(assignment);
    assigned = assignment;
    left = routedAmong(assignment, idleAmong(instances()));
    network.assign(withoutRoutesTo(assignment, left));
  };
  return {
    assign,
    leadTo: (id: string) => led.has(id),
    /** One of them may serve now, or no more. */
    look() {
      if (assigned === undefined) return;
      const now = routedAmong(assigned, idleAmong(instances()));
      if (!isDeepStrictEqual(now, left)) assign(assigned);
    },
  };
}

const asNewAs = (told: Assignment, before: Assignment | undefined): Assignment =>
  isBefore(told, before) && before ? { ...told, revision: before.revision } : told;

/** Waits for its end, whatever that is, and not for long. */
async function briefly(work: Promise<unknown>): Promise<void> {
  const done = work.catch(() => undefined);
  await Promise.race([done, delay(patienceMs, undefined, { ref: false })]);
}

/** As images name them, where Node has other names. */
const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", ia32: "386" };

/** What this machine is, for the scheduler and for people. */
export function describeHost(own: {
  readonly name: string;
  readonly version: string;
  readonly cgroup: HostReport["cgroup"];
  readonly ceilings: Readonly<Record<string, number>>;
  readonly missingCapabilities: readonly string[];
  /** Of its end of tunnels to other hosts, in base64. */
  readonly publicKey: () => string;
  readonly fences: boolean;
}): (assignment: Assignment) => Observation["host"] {
  const startedAt = new Date().toISOString();
  return ({ host: { cidr, gateway } }) => ({
    name: own.name,
    address: ownAddress(gateway),
    cidr,
    agentVersion: own.version,
    kernel: release(),
    arch: architectures[process.arch] ?? process.arch,
    cgroup: own.cgroup,
    capacity: { cpu: availableParallelism(), memory: memoryBytes() },
    ulimitCeilings: { ...own.ceilings },
    missingCapabilities: [...own.missingCapabilities],
    fences: own.fences,
    startedAt,
    wireguardKey: own.publicKey(),
  });
}

/** The machine's memory, or the share of it that this process was given. */
function memoryBytes(): number {
  const share = process.constrainedMemory();
  return share > 0 ? Math.min(share, totalmem()) : totalmem();
}

/** The IPv4 networks this machine is in, but for loopback and the agent's own devices. */
export function localRanges(devicePrefix: string): LocalRange[] {
  return Object.entries(networkInterfaces()).flatMap(([device, entries = []]) =>
    device.startsWith(devicePrefix)
      ? []
      : entries.flatMap(({ family, internal, cidr }) =>
          family === "IPv4" && !internal && cidr !== null ? [{ device, range: cidr }] : [],
        ),
  );
}
