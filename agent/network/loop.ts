import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { type AgentPaths, ConstellationError } from "../../contract/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { createSerial } from "../lib/serial.ts";
import type { Assignment, HostAddresses } from "../session/index.ts";
import { owesAnswer } from "./answers.ts";
import { createForgetting } from "./forget.ts";
import { createHeldPorts } from "./held-ports.ts";
import { createInstanceLinks } from "./links.ts";
import { nameTable, nameViews } from "./names.ts";
import { placesOf } from "./places.ts";
import { planTraffic } from "./plan.ts";
import { createRulesGate } from "./rules-gate.ts";
import { ensureSysctls } from "./sysctls.ts";
import type { Conntrack, Links, NameServer, NameViews, Sockets, Sysctls, Traffic, Tunnel } from "./types.ts";

const bounds = {
  /** A pass without a reason, which looks whether somebody has taken rules, devices or names away. */
  everyMs: 5_000,
  /** Between two such looks, however many passes there are. */
  lookMs: 4_000,
  /** From one pass to the next: while many instances start, each pass costs an nft(8) of its own. */
  restMs: 50,
  /** A pass that took longer is followed by as long a rest, up to this: traffic is to follow a change within a second. */
  longestRestMs: 300,
  /** After a failed pass, doubled up to `everyMs`. */
  retryMs: 100,
  /** Between two looks for what dead instances left. */
  sweepMs: 10_000,
  /** How long plugging an instance in waits for the host's own side. */
  readyMs: 15_000,
};

export interface NetworkPorts {
  readonly links: Links;
  readonly tunnel: Tunnel;
  readonly sysctls: Sysctls;
  readonly traffic: Traffic;
  readonly names: NameServer;
  readonly views: NameViews;
  readonly conntrack: Conntrack;
  readonly sockets: Sockets;
}

/** This host's network. What it made stays when the agent goes. */
export interface HostNetwork {
  /** The newest assignment; may be called at any rate. */
  assign(assignment: Assignment): void;
  /** Another pass soon: something ended. */
  wake(): void;
  /**
   * Waits for the host's side and for packet rules that say whether it may reach metadata endpoints, and whom else
   * where it is in networks, 15 s at most: nothing runs without rules. Repeatable.
   */
  plugIn(instance: {
    readonly id: string;
    readonly address: string;
    /** Default: it may not. */
    readonly cloudMetadata?: boolean;
    /** Whether it is in networks besides the open one. Default: it is not. */
    readonly hasNetworks?: boolean;
  }): Promise<{ readonly netnsFile: string }>;
  unplug(id: string): Promise<void>;
  /** Whether the packet rules written last lead new connections to an instance; true before the first were written. */
  leadsTo(id: string): boolean;
  /** Whether somebody outside waits for an answer of the instance; false where that cannot be seen. */
  owesAnswer(id: string): Promise<boolean>;
  /** The host's end of an instance's link, by name. */
  deviceOf(id: string): string;
  /** Resolves after the signal aborts, in the middle of no change. */
  readonly running: Promise<void>;
}

/** Keeps links, packet rules and names as the newest assignment wants them, until the signal aborts. */
export function runNetwork(
  paths: AgentPaths,
  ports: NetworkPorts,
  log: Logger,
  signal: AbortSignal,
): HostNetwork {
  const places = placesOf(paths);
  const links = createInstanceLinks(places, ports.links, ports.tunnel, ports.sysctls);
  const inTurn = createSerial();
  const pulse = createPulse();
  const ready = Promise.withResolvers<void>();
  let assignment: Assignment | undefined;
  let routed: ReadonlySet<string> | undefined;
  const planOf = lastOf((wanted: Assignment) => planTraffic(wanted, places));
  const forgetOutdatedFlows = createForgetting(places.udpWays, ports.conntrack);
  const heldPorts = createHeldPorts();
  const gate = createRulesGate();
  let shadowed: ReadonlySet<string> = new Set();
  let ensured: HostAddresses | undefined;
  let reached: Assignment["peers"];
  const isHostDue = period(bounds.lookMs);
  const isPeersDue = period(bounds.lookMs);
  const isTrafficDue = period(bounds.lookMs);
  const isSweepDue = period(bounds.sweepMs);

  return {
    assign(newest) {
      assignment = newest;
      pulse.fire();
    },
    wake() {
      reached = undefined;
      pulse.fire();
    },
    async plugIn({ cloudMetadata = false, hasNetworks = false, ...instance }) {
      const over = new AbortController();
      const rules = gate.until(
        ({ metadataReaders, instances }) =>
          metadataReaders.has(instance.address) === cloudMetadata &&
          (!hasNetworks || instances.has(instance.id)),
        over.signal,
      );
      await within(bounds.readyMs, Promise.all([ready.promise, rules]), `plug in ${instance.id}`).finally(
        () => over.abort(),
      );
      return await inTurn(async () => await links.plugIn(instance));
    },
    unplug: async (id) => await inTurn(async () => await links.unplug(id)),
    leadsTo: (id) => routed?.has(id) ?? true,
    async owesAnswer(id) {
      try {
        return owesAnswer(await ports.sockets.listTcp(places.netnsFile(id)));
      } catch (error) {
        log.warn(
          { instance: id, err: error },
          "cannot see an instance's connections; not waiting for answers",
        );
        return false;
      }
    },
    deviceOf: places.hostDevice,
    running: loop(),
  };

  async function loop(): Promise<void> {
    let failures = 0;
    let passedAt = Number.NEGATIVE_INFINITY;
    let tookMs = 0;
    while (!signal.aborted) {
      const backoffMs = bounds.retryMs * 2 ** (failures - 1);
      await pulse.wait(signal, failures === 0 ? bounds.everyMs : Math.min(backoffMs, bounds.everyMs));
      const restMs =
        passedAt + Math.min(Math.max(tookMs, bounds.restMs), bounds.longestRestMs) - performance.now();
      if (restMs > 0) await delay(restMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || assignment === undefined) continue;
      const begunAt = performance.now();
      failures = (await pass(assignment)) ? 0 : failures + 1;
      passedAt = performance.now();
      tookMs = passedAt - begunAt;
    }
    heldPorts.release();
  }

  /** Each part is tried even if another one fails: names are of use without rules, and the other way round. */
  async function pass(wanted: Assignment): Promise<boolean> {
    const parts: readonly [string, () => Promise<void>][] = [
      ["host side", async () => await reconcileHost(wanted)],
      ["ways to other hosts", async () => await reconcilePeers(wanted)],
      // Before the rules that lead to them.
      ["names of networks", async () => await ports.views.serve(nameViews(wanted))],
      ["packet rules", async () => await reconcileTraffic(wanted)],
      ["published ports", async () => await holdPorts(wanted)],
      ["names", async () => await ports.names.serve(nameTable(wanted))],
      ["leftovers", async () => await sweep(wanted)],
    ];
    let succeeded = true;
    for (const [part, reconcile] of parts) {
      try {
        await reconcile();
      } catch (error) {
        succeeded = false;
        log.error({ part, err: error }, "network not as wanted; trying again");
      }
    }
    return succeeded;
  }

  /** Assignments come in bursts, the host's own side hardly ever changes: it is looked at from time to time. */
  async function reconcileHost({ host }: Assignment): Promise<void> {
    if (isDeepStrictEqual(host, ensured) && !isHostDue()) return;
    ensured = undefined;
    for (const change of ensureSysctls(places.stateDir, ports.sysctls)) log.info(change, "sysctl changed");
    await inTurn(async () => await links.ensureAnchor(host));
    ensured = host;
    ready.resolve();
  }

  /** Whoever makes the anchor anew takes these routes away with the old one. */
  async function reconcilePeers(wanted: Assignment): Promise<void> {
    const { peers = [] } = wanted;
    // A machine that is alone need not read a table that may be a router's.
    if (isDeepStrictEqual(peers, reached) && (peers.length === 0 || !isPeersDue())) return;
    reached = undefined;
    const changed = await inTurn(async () => await links.reachPeers(wanted));
    if (changed.length > 0) log.info({ ranges: changed }, "ways to other hosts changed");
    reached = peers;
  }

  async function reconcileTraffic(wanted: Assignment): Promise<void> {
    const plan = planOf(wanted);
    const isNew = await ports.traffic.apply(plan);
    if (!isNew && isTrafficDue() && !(await ports.traffic.inspect())) {
      log.warn("packet rules were changed by somebody else; writing them again");
      await ports.traffic.apply(plan);
    }
    gate.open({
      metadataReaders: new Set(plan.metadataReaders),
      instances: new Set(wanted.placements.map(({ id }) => id)),
    });
    routed = routedOn(wanted);
    const forgotten = await forgetOutdatedFlows(plan);
    if (forgotten > 0) log.debug({ forgotten }, "UDP flows freed from instances out of traffic");
  }

  async function holdPorts(wanted: Assignment): Promise<void> {
    const failed = await heldPorts.hold(planOf(wanted).published);
    for (const { place, code } of failed) {
      if (!shadowed.has(place))
        log.warn({ place, code }, "published port is also somebody else's, who is not reached");
    }
    shadowed = new Set(failed.map(({ place }) => place));
  }

  async function sweep({ placements }: Assignment): Promise<void> {
    if (!isSweepDue()) return;
    const removals = await inTurn(async () => await links.sweep(placements.map(({ id }) => id)));
    for (const removal of removals) log.info(removal, "leftover of an instance removed");
  }
}

/** The instances of an assignment's own host that traffic is led to. */
export function routedOn({ services, host }: Assignment): ReadonlySet<string> {
  const own = services.flatMap(({ endpoints }) =>
    endpoints.filter((endpoint) => endpoint.host === host.name),
  );
  return new Set(own.map(({ instance }) => instance));
}

/** Keeps the last result: assignments never change, and most passes are about the same one. */
function lastOf<Input, Result>(work: (input: Input) => Result): (input: Input) => Result {
  let last: { readonly input: Input; readonly result: Result } | undefined;
  return (input) => {
    if (last === undefined || last.input !== input) last = { input, result: work(input) };
    return last.result;
  };
}

/** True once a period has passed since the last time it was, or since its start. */
function period(lengthMs: number): () => boolean {
  let last = performance.now();
  return () => {
    const now = performance.now();
    if (now - last < lengthMs) return false;
    last = now;
    return true;
  };
}

async function within(limitMs: number, promise: Promise<unknown>, action: string): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const reason = `this host's network is not set up after ${limitMs / 1000} s; see the agent's log`;
    timeout.reject(new ConstellationError("host-unfit", `${action}: ${reason}`));
  }, limitMs);
  await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
}
