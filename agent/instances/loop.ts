import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Instance } from "../../contract/index.ts";
import { createGate } from "../lib/gate.ts";
import { createPulse } from "../lib/pulse.ts";
import { type RotatedLog, rotateLogs } from "../logs/index.ts";
import type { Assignment } from "../session/index.ts";
import { type ActContext, act } from "./act.ts";
import { adopt, adoptStrays } from "./adopt.ts";
import { owesAnswer } from "./answers.ts";
import { decide, type InstanceView, isToBeAsked, pauseMs, type Want } from "./decide.ts";
import { changeRecord, type Entry, stepOf, stopWatching } from "./entry.ts";
import { isAboutToRun } from "./life.ts";
import { instanceLimits } from "./limits.ts";
import type { Folders } from "./places.ts";
import { reportOf } from "./report.ts";
import { createReporting } from "./reporting.ts";
import { createSnapshots, readSnapshot } from "./snapshot.ts";
import type { StepPorts } from "./steps.ts";
import type { ProcessView, Reports } from "./types.ts";
import { createHealthWatch } from "./watch.ts";
import { fenceTerms, workloadOf } from "./workload.ts";

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
  const snapshots = createSnapshots(folders.runtime, log);
  let assignment: Assignment | undefined;
  let strays: ReadonlySet<string> = new Set();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const reporting = createReporting({
    send: async () => await ports.reports.instances(list()),
    onNews: () => ports.reports.changed(),
    areMoreComing: () => [...entries.values()].some(({ record }) => isAboutToRun(record.life)),
    log,
  });

  const context = {
    ...{ folders, entries, log },
    ports: { ...ports, progress: (id: string, message: string) => ports.reports.progress(id, message) },
    startGate: createGate(instanceLimits.startsAtOnce),
    stopGate: createGate(instanceLimits.stopsAtOnce),
    wake: wake.fire,
    reporting,
  };
  const watch = createHealthWatch(
    ports,
    ({ record }) => {
      wake.fire();
      if (record.healthy) reporting.together();
      else reporting.soon();
    },
    log,
  );

  return {
    async run(assignments, signal) {
      const last = readSnapshot(folders.runtime, log);
      strays = await adopt(context);
      if (last) await takeOver(last);
      reporting.soon();
      ports.runtime.onEnd(() => wake.fire(), warnDeaf, signal);
      await Promise.all([
        follow(assignments, signal),
        reconcile(signal),
        reporting.run(signal),
        rotateLogs(writtenLogs, log, signal),
      ]);
      for (const entry of entries.values()) {
        stopWatching(entry);
        entry.busy?.abort();
      }
    },
    list,
    entry: (id) => entries.get(id),
  };

  function warnDeaf(error: unknown): void {
    log.warn(
      { err: error, lookMs: instanceLimits.passMs },
      "this machine has no inotify left: ends of instances are noticed by looking; raise fs.inotify.max_user_instances and max_user_watches",
    );
  }

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

  /** What no record tells of is known by an assignment alone: the first one decides on it. */
  async function takeOver(latest: Assignment): Promise<void> {
    if (strays.size > 0) await adoptStrays(strays, latest, context);
    // Nothing could be told before the first one.
    if (strays.size > 0 || assignment === undefined) reporting.soon();
    strays = new Set();
    assignment = latest;
  }

  async function follow(assignments: AsyncIterable<Assignment>, signal: AbortSignal): Promise<void> {
    for await (const latest of assignments) {
      if (signal.aborted) return;
      await takeOver(latest);
      wake.fire();
      snapshots.keep(latest);
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
    for (const entry of entries.values()) {
      superviseHealth(entry, signal);
      keepTerms(entry);
      keepAgain(entry);
    }
  }

  async function observe(current: Assignment | undefined): Promise<InstanceView[]> {
    const looksAtAll = performance.now() - lookedAt >= instanceLimits.lookMs;
    if (looksAtAll) lookedAt = performance.now();
    const ended = new Set(await ports.runtime.ended());
    const wants = wantsOf(current);
    const views: InstanceView[] = [];
    for (const [id, entry] of entries) {
      const process = await lookIfNeeded(entry, looksAtAll || ended.has(id));
      const view = viewOf(entry, wants);
      const waitedFor = isToBeAsked(view, Date.now()) && {
        owesAnswer: await owesAnswer(entry, ports.network),
      };
      views.push({ ...view, ...(process && { process }), ...waitedFor });
    }
    for (const [id, want] of wants ?? []) {
      if (entries.has(id)) continue;
      views.push({ id, want, busy: false, signalled: false, isRouted: false, wasOverdue: false });
    }
    return views;
  }

  /** As far as it is known without asking the runtime. */
  function viewOf(entry: Entry, wants: ReadonlyMap<string, Want> | undefined): InstanceView {
    const { record, busy, signalled, unresponsive } = entry;
    const { id } = entry.places;
    return {
      ...{ id, busy: busy !== undefined, signalled: signalled === stepOf(record.life) },
      known: { life: record.life, policy: record.policy },
      want: wants === undefined ? { kind: "unknown" } : (wants.get(id) ?? gone),
      ...{ isRouted: ports.network.leadsTo(id), wasOverdue: ports.fence.wasOverdue(id) },
      ...(unresponsive !== undefined && { unresponsive }),
    };
  }

  async function lookIfNeeded(entry: Entry, isSuspect: boolean): Promise<ProcessView | undefined> {
    const { kind } = entry.record.life.state;
    const hasProcess = kind === "running" || kind === "stopping";
    const wasInterrupted = (kind === "starting" || kind === "pulling") && entry.busy === undefined;
    return (hasProcess && isSuspect) || wasInterrupted ? ports.runtime.look(entry.places.id) : undefined;
  }

  /** Begins to watch a running instance once its spec is known, and again after a while where that failed. */
  function superviseHealth(entry: Entry, signal: AbortSignal): void {
    const spec = assignment?.specs[entry.record.placement.specKey];
    if (entry.record.life.state.kind !== "running" || entry.watching || spec === undefined) return;
    const watching = new AbortController();
    entry.watching = watching;
    const until = AbortSignal.any([signal, watching.signal]);
    watch(entry, spec, until).catch(async (error: unknown) => {
      log.error({ instance: entry.places.id, err: error }, "cannot watch health; trying again");
      await delay(instanceLimits.watchAgainMs, undefined, { signal: until }).catch(() => undefined);
      if (entry.watching === watching) delete entry.watching;
      wake.fire();
    });
  }

  /** `disconnect` may change while it runs. */
  function keepTerms({ record, places: { id } }: Entry): void {
    const spec = assignment?.specs[record.placement.specKey];
    if (record.life.state.kind !== "running" || spec === undefined || spec.unreadable !== undefined) return;
    const terms = fenceTerms(workloadOf(spec));
    if (terms) ports.fence.hold(id, terms);
    else ports.fence.release(id);
  }

  /** A record that could not be written, by a full disk say. What is removed just now needs none. */
  function keepAgain(entry: Entry): void {
    if (entry.unkept === undefined || entry.busy) return;
    log.warn({ instance: entry.places.id, err: entry.unkept }, "cannot keep record; trying again");
    changeRecord(entry, {});
  }

  function untilDueMs(): number {
    const wants = wantsOf(assignment);
    const pauses = [...entries.values()].flatMap((entry) => pauseMs(viewOf(entry, wants), Date.now()) ?? []);
    return Math.min(instanceLimits.passMs, ...pauses);
  }
}

const gone: Want = { kind: "gone", reason: "no longer wanted" };

/** By instance; undefined before the first assignment. */
function wantsOf(assignment: Assignment | undefined): Map<string, Want> | undefined {
  return (
    assignment &&
    new Map(
      assignment.placements.map(({ id, want, reason }) => [
        id,
        want === "run" ? { kind: "run" } : { kind: "gone", reason },
      ]),
    )
  );
}
