import type { Logger } from "pino";
import { ConstellationError, type Rejection } from "../../contract/index.ts";
import type { Along } from "../documents/index.ts";
import type { Leadership } from "../leader/index.ts";
import { createPulse } from "../lib/pulse.ts";
import type { Desired, Spec, Store } from "../store/index.ts";
import { type ActPorts, act, revise } from "./act.ts";
import { writesAlong } from "./along.ts";
import { decide } from "./decide.ts";
import { untilDueMs } from "./due.ts";
import { createMemory } from "./memory.ts";
import { tellRejections, unspecified } from "./rejections.ts";
import { followSeen } from "./seen.ts";
import { createSight } from "./sight.ts";
import { missingReferences, nextSpec } from "./specs.ts";
import { createIsFrozen, servicesOf } from "./stored.ts";
import { unneeded } from "./sweep.ts";
import { observe, unseenMs } from "./view.ts";

const bounds = {
  /** A pass without a reason, should an event have been missed. */
  everyMs: 30_000,
  /** After a failed pass. */
  retryMs: 500,
  /** Where this server does not lead it rests so many times as long as a pass took. */
  restShare: 4,
  /**
   * A look at everything that takes longer is one at a large cluster. The leader then rests as long after it, at most so long, and
   * takes in what came meanwhile at once; and no write waits for a look of its own.
   */
  briefMs: 20,
  longestRestMs: 300,
} as const;

export interface LeadPorts extends ActPorts {
  /** As the leader writes: a commit throws `conflict` where this server does not lead. */
  readonly store: Store;
  readonly leadership: Pick<Leadership, "term" | "subscribe">;
}

/** What a server knows of services beyond the store; empty after a restart, until its first pass. */
export interface Outlook {
  /** The document's revision that the last pass went by, 0 before the first. */
  observedRevision(uid: string): number;
  rejections(uid: string): readonly Rejection[];
  /** How many instances the last pass wanted; for one instance a host that depends on the hosts. */
  wanted(service: Desired): number;
  /**
   * What the leader's next pass would write for a service that is about to be written itself, for the same transaction:
   * what is placed with its service runs some milliseconds sooner. Nothing where this server does not lead. Left out, the
   * next pass does it.
   */
  along(service: Desired): Along;
  /** Calls back when instances are about to be placed; nothing may come of it. Gives what ends that. */
  onPlacing(callback: () => void): () => void;
  /** Resolves after the signal aborts. */
  readonly running: Promise<void>;
}

/**
 * Reconciles services with placements whenever something changed, until the signal aborts. A server that does not lead
 * decides the same and carries nothing out: so it can answer for the leader, and knows what that knew when it takes over.
 */
export function leadServices(ports: LeadPorts, log: Logger, signal: AbortSignal): Outlook {
  const { store, leadership } = ports;
  const observed = new Map<string, number>();
  let rejections: ReadonlyMap<string, readonly Rejection[]> = new Map();
  let wanted: ReadonlyMap<string, number> = new Map();
  const seen = followSeen(store);
  const [sight, memory] = [createSight(), createMemory()];
  let passes = 0;
  /** What the last look at everything took of a processor: a busy machine makes no large cluster. */
  let lookMs = 0;
  let dueMs: number | undefined;
  const listeners = new Set<() => void>();
  const pulse = createPulse();
  pulse.fire();
  const ends = [store.subscribe(() => pulse.fire()), leadership.subscribe(() => pulse.fire()), seen.end];

  const pass = async (isLeading: boolean) => {
    const isFrozen = createIsFrozen(store);
    const services = servicesOf(store).filter((service) => !isFrozen(service));
    const unrevised = services.flatMap((service) => revisionDue(store, service, ports.now()) ?? []);
    if (isLeading) for (const spec of unrevised) await revise(spec, ports);
    const before = process.threadCpuUsage();
    const view = observe(store, seen, ports.now(), ports.hostStates, ports.remainingMs, sight);
    seen.bound(view.instances.length);
    const decision = decide(view, memory);
    const { user, system } = process.threadCpuUsage(before);
    lookMs = (user + system) / 1000;
    if (isLeading && decision.ops.length > 0) {
      await act(decision.ops, ports);
      log.info({ ops: decision.ops.length }, "carried out placements");
    }
    const isAwaited = view.instances.some(
      ({ id, want, present }) => want === "drain" && present && !seen.has(id),
    );
    if (isAwaited) setTimeout(pulse.fire, unseenMs).unref();
    dueMs = untilDueMs(view);
    const told = new Map([...decision.rejections, ...unspecified(store)]);
    if (isLeading) await tellRejections(told, rejections, ports);
    rejections = told;
    wanted = decision.wanted;
    const due = isLeading ? new Set<string>() : titlesOf([...unrevised, ...decision.ops]);
    const done = services.filter((service) => !due.has(titleOf({ ...service, service: service.name })));
    note(done, services);
    const removals = isLeading ? unneeded(store, ports.now()) : [];
    if (removals.length > 0) await store.commit(removals);
  };

  /** `done`: of which nothing is left to be carried out; of others the leader has not taken in the newest revision yet. */
  function note(done: readonly Desired[], all: readonly Desired[]): void {
    const news = done.filter(({ uid, revision }) => observed.get(uid) !== revision);
    for (const { uid, revision } of done) observed.set(uid, revision);
    const known = new Set(all.map(({ uid }) => uid));
    for (const uid of observed.keys()) if (!known.has(uid)) observed.delete(uid);
    // After a restart nothing is new but to us.
    if (passes++ > 0) news.forEach(ports.onObserved);
  }

  const loop = async () => {
    while (!signal.aborted) {
      await pulse.wait(signal, Math.min(bounds.everyMs, dueMs ?? bounds.everyMs));
      if (signal.aborted) break;
      const isLeading = leadership.term() !== undefined;
      const startedAt = performance.now();
      try {
        await pass(isLeading);
      } catch (error) {
        if (!(error instanceof ConstellationError && error.code === "conflict"))
          log.error({ err: error }, "a pass over services failed");
        setTimeout(pulse.fire, bounds.retryMs).unref();
      }
      if (!isLeading) await rest((performance.now() - startedAt) * bounds.restShare);
      else if (lookMs > bounds.briefMs) await rest(Math.min(lookMs, bounds.longestRestMs));
    }
    for (const end of ends) end();
  };

  /** What only follows takes a small share of a processor, also while much changes; to lead it gets up at once. */
  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        end();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const end = leadership.subscribe(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  return {
    observedRevision: (uid) => observed.get(uid) ?? 0,
    wanted: ({ uid, inputs }) => wanted.get(uid) ?? Number(inputs.replicas),
    rejections: (uid) => rejections.get(uid) ?? [],
    along(service) {
      const term = leadership.term();
      const writes = term && lookMs <= bounds.briefMs ? writesAlong(service, seen, ports) : [];
      if (writes.length > 0) for (const tell of listeners) tell();
      return { writes, unchanged: term ? [term] : [] };
    },
    onPlacing(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    running: loop(),
  };
}

const titleOf = ({ namespace, service }: { readonly namespace: string; readonly service: string }) =>
  `${namespace}/${service}`;

const titlesOf = (items: readonly { readonly namespace: string; readonly service: string }[]) =>
  new Set(items.map(titleOf));

/** The revision of a service's workload that is to be stored next, where what it names is there. */
function revisionDue(store: Store, service: Desired, now: Date): Spec | undefined {
  const spec = nextSpec(store, service, now.toISOString());
  return spec && missingReferences(store, service).length === 0 ? spec : undefined;
}
