import type { Logger } from "pino";
import { ConstellationError, type Rejection } from "../../contract/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { type Desired, keys, type Put, type Removal, type Store } from "../store/index.ts";
import { type ActPorts, act, appended, revise } from "./act.ts";
import { writesAlong } from "./along.ts";
import { decide } from "./decide.ts";
import { missingReferences, newestSpec, nextSpec } from "./specs.ts";
import { unneeded } from "./sweep.ts";
import { createIsFrozen, observe, observedInstances, servicesOf, unseenMs } from "./view.ts";

const bounds = {
  /** A pass without a reason, should an event have been missed. */
  everyMs: 30_000,
  /** After a failed pass. */
  retryMs: 500,
} as const;

/** What the leader knows beyond the store; empty after a restart, until its first pass. */
export interface Leader {
  /** The document's revision that the last pass went by, 0 before the first. */
  observedRevision(uid: string): number;
  rejections(uid: string): readonly Rejection[];
  /** How many instances the last pass wanted; for one instance a host that depends on the hosts. */
  wanted(service: Desired): number;
  /**
   * What its next pass would write for a service that is about to be written itself, for the same transaction: what
   * is placed with its service runs some milliseconds sooner. Left out, the next pass does it.
   */
  along(service: Desired): (Put | Removal)[];
  /** Calls back when instances are about to be placed; nothing may come of it. Gives what ends that. */
  onPlacing(callback: () => void): () => void;
  /** Resolves after the signal aborts. */
  readonly running: Promise<void>;
}

/** Reconciles services with placements whenever something changed, until the signal aborts. */
export function leadServices(ports: ActPorts, log: Logger, signal: AbortSignal): Leader {
  const { store } = ports;
  const observed = new Map<string, number>();
  let rejections: ReadonlyMap<string, readonly Rejection[]> = new Map();
  let wanted: ReadonlyMap<string, number> = new Map();
  let seen: ReadonlySet<string> = new Set();
  let passes = 0;
  const listeners = new Set<() => void>();
  const pulse = createPulse();
  pulse.fire();
  const unsubscribe = store.subscribe(() => pulse.fire());

  const pass = async () => {
    const isFrozen = createIsFrozen(store);
    const services = servicesOf(store).filter((service) => !isFrozen(service));
    for (const service of services) {
      const spec = nextSpec(store, service, ports.now().toISOString());
      if (spec && missingReferences(store, service).length === 0) await revise(spec, ports);
    }
    const reported = observedInstances(store);
    const view = observe(store, seen, ports.now(), ports.hostStates);
    seen = new Set(view.instances.map(({ id }) => id).filter((id) => seen.has(id) || reported.has(id)));
    const decision = decide(view);
    if (decision.ops.length > 0) {
      await act(decision.ops, ports);
      log.info({ ops: decision.ops.length }, "carried out placements");
    }
    const awaited = view.instances.some(
      ({ id, want, present }) => want === "drain" && present && !reported.has(id),
    );
    if (awaited) setTimeout(pulse.fire, unseenMs).unref();
    const told = new Map([...decision.rejections, ...unspecified(store)]);
    await tellRejections(told, rejections, ports);
    rejections = told;
    wanted = decision.wanted;
    const news = services.filter(({ uid, revision }) => observed.get(uid) !== revision);
    observed.clear();
    for (const { uid, revision } of services) observed.set(uid, revision);
    // After a restart nothing is new but to us.
    if (passes++ > 0) news.forEach(ports.onObserved);
    const removals = unneeded(store, ports.now());
    if (removals.length > 0) await store.commit(removals);
  };

  const loop = async () => {
    while (!signal.aborted) {
      await pulse.wait(signal, bounds.everyMs);
      if (signal.aborted) break;
      try {
        await pass();
      } catch (error) {
        if (!(error instanceof ConstellationError && error.code === "conflict"))
          log.error({ err: error }, "a pass over services failed");
        setTimeout(pulse.fire, bounds.retryMs).unref();
      }
    }
    unsubscribe();
  };

  return {
    observedRevision: (uid) => observed.get(uid) ?? 0,
    wanted: ({ uid, inputs }) => wanted.get(uid) ?? Number(inputs.replicas),
    rejections: (uid) => rejections.get(uid) ?? [],
    along(service) {
      const writes = writesAlong(service, seen, ports);
      if (writes.length > 0) for (const tell of listeners) tell();
      return writes;
    },
    onPlacing(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    running: loop(),
  };
}

/** Services without any revision, because what they name does not exist. */
function unspecified(store: Store): [string, Rejection[]][] {
  return servicesOf(store)
    .filter(({ uid }) => !newestSpec(store, uid))
    .map((service) => {
      const names = missingReferences(store, service).map(({ kind, name }) => `${kind} ${name}`);
      return [
        service.uid,
        [{ slot: service.name, message: `needs ${names.join(", ")}, which does not exist; create it` }],
      ];
    });
}

/** Writes a rejection into the service's history when it is new, not on every pass. */
async function tellRejections(
  now: ReadonlyMap<string, readonly Rejection[]>,
  before: ReadonlyMap<string, readonly Rejection[]>,
  { store, now: clock }: ActPorts,
): Promise<void> {
  for (const { uid, namespace, name } of servicesOf(store)) {
    const known = new Set(before.get(uid)?.map(({ slot, message }) => `${slot} ${message}`));
    const fresh = (now.get(uid) ?? []).filter(({ slot, message }) => !known.has(`${slot} ${message}`));
    if (fresh.length === 0) continue;
    const messages = fresh.slice(0, 5).map(({ slot, message }) => `cannot place ${slot}: ${message}`);
    await store.commit([
      appended(store, keys.history(namespace, "Service", name), messages, clock().toISOString()),
    ]);
  }
}
