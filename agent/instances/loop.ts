import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Instance } from "../../contract/index.ts";
import { createProbe, planHealth, watchHealth } from "../health/index.ts";
import { createGate } from "../lib/gate.ts";
import { createPulse } from "../lib/pulse.ts";
import { type RotatedLog, rotateLogs } from "../logs/index.ts";
import type { Assignment } from "../session/index.ts";
import { type ActContext, act } from "./act.ts";
import { decide, type InstanceView, type Want } from "./decide.ts";
import { changeRecord, type Entry, stepOf, stopWatching } from "./entry.ts";
import { dueAt } from "./life.ts";
import { instanceLimits } from "./limits.ts";
import { type Folders, placesOf } from "./places.ts";
import { readRecords } from "./record.ts";
import { reportOf } from "./report.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import { removeInstance } from "./start.ts";
import type { StepPorts } from "./steps.ts";
import type { ProcessView, Reports } from "./types.ts";
import { workloadOf } from "./workload.ts";

export interface InstancesPorts extends StepPorts {
  readonly reports: Reports;
}

export interface InstancesOptions {
  readonly folders: Folders;
  readonly host: string;
  readonly ports: InstancesPorts;
  readonly log: Logger;
}

/** The host's instances: what `run` keeps going, and what it knows of them now. */
export interface HostInstances {
  /** Adopts what is there, then follows the assignments until the signal aborts. Leaves every instance running. */
  run(assignments: AsyncIterable<Assignment>, signal: AbortSignal): Promise<void>;
  list(): readonly Instance[];
  entry(id: string): Entry | undefined;
}

/** Folders must have been made (`makeFolders`). Nothing happens before `run`. */
export function createHostInstances({ folders, host, ports, log }: InstancesOptions): HostInstances {
  const entries = new Map<string, Entry>();
  const wake = createPulse();
  const news = createPulse();
  const probeGate = createGate(instanceLimits.probesAtOnce);
  const commandGate = createGate(instanceLimits.commandProbesAtOnce);
  let assignment: Assignment | undefined;
  let lookedAt = 0;

  const context = {
    ...{ folders, entries, log },
    ports: { ...ports, progress: (id: string, message: string) => ports.reports.progress(id, message) },
    startGate: createGate(instanceLimits.startsAtOnce),
    stopGate: createGate(instanceLimits.stopsAtOnce),
    onChange() {
      wake.fire();
      news.fire();
    },
    onPassing() {
      wake.fire();
      setTimeout(() => news.fire(), instanceLimits.passingMs).unref();
    },
  };

  return {
    async run(assignments, signal) {
      assignment = readSnapshot(folders.runtime);
      await adopt();
      ports.runtime.onEnd(() => wake.fire(), signal);
      await Promise.all([
        follow(assignments, signal),
        reconcile(signal),
        report(signal),
        rotateLogs(writtenLogs, ports.runtime.reopenLog, log, signal),
      ]);
      for (const entry of entries.values()) {
        stopWatching(entry);
        entry.busy?.abort();
      }
    },
    list,
    entry: (id) => entries.get(id),
  };

  function list(): Instance[] {
    return [...entries.values()]
      .map((entry) => reportOf(entry.record, host, entry.unhealthy))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  function writtenLogs(): RotatedLog[] {
    return [...entries.values()].flatMap(({ record, places }) =>
      record.logging && record.life.state.kind === "running"
        ? [{ id: places.id, path: places.log, ...record.logging }]
        : [],
    );
  }

  /** Takes over what an agent before this one made; what has no record any more is removed. */
  async function adopt(): Promise<void> {
    const records = readRecords(folders);
    for (const [id, record] of records) {
      if (record) entries.set(id, { record, places: placesOf(folders, id), unhealthy: "" });
    }
    const strays = new Set([...records.keys(), ...(await ports.runtime.list())]);
    for (const id of strays) {
      if (entries.has(id)) continue;
      log.warn({ instance: id }, "removing what an unknown instance left");
      await removeInstance(placesOf(folders, id), ports).catch((error: unknown) =>
        log.error({ instance: id, err: error }, "cannot remove what an unknown instance left"),
      );
    }
    news.fire();
  }

  async function follow(assignments: AsyncIterable<Assignment>, signal: AbortSignal): Promise<void> {
    for await (const latest of assignments) {
      if (signal.aborted) return;
      assignment = latest;
      writeSnapshot(folders.runtime, latest);
      wake.fire();
    }
  }

  async function reconcile(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await pass(signal);
      } catch (error) {
        log.error({ err: error }, "pass over instances failed");
      }
      await wake.wait(signal, untilDueMs());
    }
  }

  /** Observe, decide, act. */
  async function pass(signal: AbortSignal): Promise<void> {
    // One assignment for the whole pass: another may come while it looks.
    const current = assignment;
    const views = await observe(current);
    const ops = decide(views, Date.now());
    const during: ActContext = { ...context, assignment: current };
    for (const op of ops) act(op, during);
    for (const entry of entries.values()) superviseHealth(entry, signal);
  }

  async function observe(current: Assignment | undefined): Promise<InstanceView[]> {
    const looksAtAll = Date.now() - lookedAt >= instanceLimits.lookMs;
    if (looksAtAll) lookedAt = Date.now();
    const ended = new Set(await ports.runtime.ended());
    const wants = wantsOf(current);
    const views: InstanceView[] = [];
    for (const [id, entry] of entries) {
      const process = await lookIfNeeded(entry, looksAtAll || ended.has(id));
      views.push({
        ...{ id, busy: entry.busy !== undefined, signalled: entry.signalled === stepOf(entry.record.life) },
        known: { life: entry.record.life, policy: entry.record.policy },
        want: current === undefined ? { kind: "unknown" } : (wants.get(id) ?? gone),
        ...(process && { process }),
        ...(entry.unresponsive !== undefined && { unresponsive: entry.unresponsive }),
      });
    }
    for (const [id, want] of wants) {
      if (!entries.has(id)) views.push({ id, want, busy: false, signalled: false });
    }
    return views;
  }

  async function lookIfNeeded(entry: Entry, isSuspect: boolean): Promise<ProcessView | undefined> {
    const { kind } = entry.record.life.state;
    const hasProcess = kind === "running" || kind === "stopping";
    const wasInterrupted = (kind === "starting" || kind === "pulling") && entry.busy === undefined;
    return (hasProcess && isSuspect) || wasInterrupted ? ports.runtime.look(entry.places.id) : undefined;
  }

  /** Begins to watch a running instance once its spec is known. */
  function superviseHealth(entry: Entry, signal: AbortSignal): void {
    const { life, placement } = entry.record;
    const spec = assignment?.specs[placement.specKey];
    if (life.state.kind !== "running" || entry.watching || spec === undefined) return;
    const watching = new AbortController();
    entry.watching = watching;
    const { startedAt } = life.state;
    const { id } = entry.places;
    const until = AbortSignal.any([signal, watching.signal]);
    const probe = createProbe(placement.address, (command, limit) =>
      ports.runtime.runInside(id, command, limit),
    );
    const watch = async () => {
      const image = await ports.images.resolve(spec.imageDigest);
      const plan = planHealth(workloadOf(spec), image.healthCheck, spec.minHealthyTimeMs);
      await watchHealth(
        {
          ...{ plan, startedAt, wasHealthy: entry.record.healthy },
          probe: (one, limit) =>
            (one.action.kind === "exec" ? commandGate : probeGate)(() => probe(one, limit)),
          onChange({ healthy, reason, unresponsive }) {
            entry.unhealthy = reason;
            if (unresponsive !== undefined) entry.unresponsive = `liveness failed: ${unresponsive}`;
            if (healthy !== entry.record.healthy) changeRecord(entry, { healthy });
            context.onChange();
          },
        },
        until,
      );
    };
    watch().catch((error: unknown) => {
      log.error({ instance: id, err: error }, "cannot watch health");
      if (entry.watching === watching) delete entry.watching;
    });
  }

  /** Tells the servers, until they have it. */
  async function report(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await news.wait(signal);
      await delay(instanceLimits.gatherMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await ports.reports.instances(list());
      } catch (error) {
        log.warn({ err: error }, "cannot report instances; trying again");
        news.fire();
        await delay(instanceLimits.reportAgainMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  function untilDueMs(): number {
    const times = [...entries.values()].flatMap(({ record, busy }) =>
      busy ? [] : (dueAt(record.life) ?? []),
    );
    return Math.min(instanceLimits.passMs, Math.max(0, Math.min(...times) - Date.now()));
  }
}

const gone: Want = { kind: "gone", reason: "no longer wanted" };

function wantsOf(assignment: Assignment | undefined): Map<string, Want> {
  return new Map(
    assignment?.placements.map(({ id, want, reason }) => [
      id,
      want === "run" ? { kind: "run" } : { kind: "gone", reason },
    ]),
  );
}
