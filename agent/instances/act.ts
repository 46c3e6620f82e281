import type { Logger } from "pino";
import { ConstellationError } from "../../contract/index.ts";
import type { Gate } from "../lib/gate.ts";
import type { Assignment, Placement } from "../session/index.ts";
import type { Op } from "./decide.ts";
import { changeRecord, type Entry, noteEvent, stepOf } from "./entry.ts";
import type { Life, LifeEvent } from "./life.ts";
import { instanceLimits } from "./limits.ts";
import { newRecord, settingsOf } from "./new-record.ts";
import { type Folders, placesOf } from "./places.ts";
import { PullFailure } from "./pull.ts";
import type { Reporting } from "./reporting.ts";
import { removeInstance, type StartRequest, startWithImage } from "./start.ts";
import type { StepPorts } from "./steps.ts";

export interface ActContext {
  readonly folders: Folders;
  readonly ports: StepPorts & { readonly progress: (instanceId: string, message: string) => void };
  readonly entries: Map<string, Entry>;
  readonly assignment: Assignment | undefined;
  readonly startGate: Gate;
  readonly stopGate: Gate;
  readonly log: Logger;
  /** Another pass: something changed. */
  readonly wake: () => void;
  readonly reporting: Pick<Reporting, "soon" | "together">;
}

/** Does one thing. What takes long goes on in the background, marked by the entry's `busy`, and ends in an event. */
export function act(op: Op, context: ActContext): void {
  if (op.kind === "admit") {
    admit(op.id, context);
    return;
  }
  const entry = context.entries.get(op.id);
  if (entry === undefined) return;
  switch (op.kind) {
    case "note":
      note(entry, op.event, context);
      break;
    case "start":
      inBackground(entry, context, (signal) => start(entry, context, signal));
      break;
    case "abort-start":
      entry.busy?.abort();
      break;
    case "signal":
      signalProcess(entry, op.signal, context);
      break;
    case "remove":
      inBackground(entry, context, () => context.stopGate(() => remove(entry, context)));
      break;
  }
}

function admit(id: string, context: ActContext): void {
  const record = context.assignment && newRecord(id, context.assignment, Date.now());
  if (record === undefined) return;
  const entry: Entry = { record, places: placesOf(context.folders, id), unhealthy: "" };
  context.entries.set(id, entry);
  changeRecord(entry, {});
  tellChange(entry, context);
}

function signalProcess(entry: Entry, signal: string, { ports, log }: ActContext): void {
  const { id } = entry.places;
  const step = stepOf(entry.record.life);
  if (step !== undefined) entry.signalled = step;
  ports.runtime.signal(id, signal).catch((error: unknown) => {
    delete entry.signalled; // The next pass sends it again, until the time for it is over.
    log.warn({ instance: id, signal, err: error }, "cannot signal instance");
  });
}

async function start(entry: Entry, context: ActContext, signal: AbortSignal): Promise<void> {
  const { assignment, ports } = context;
  const { id } = entry.places;
  const placement: Placement | undefined = assignment?.placements.find((one) => one.id === id);
  if (assignment === undefined || placement === undefined || signal.aborted) return;
  const request: StartRequest = {
    ...{ assignment, placement, signal, places: entry.places, closed: context.folders.closed },
    onEvent: (event) => note(entry, event, context),
    onProgress: (message) => ports.progress(id, message),
  };
  try {
    const made = await startWithImage(request, ports, context.startGate);
    if (made === undefined) return;
    entry.record = { ...entry.record, ...settingsOf(made.workload, made.image) };
    if (made.process) note(entry, { kind: "started", process: made.process }, context);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ConstellationError || error instanceof PullFailure))
      context.log.warn({ instance: id, err: error }, "cannot start instance");
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof PullFailure)
      note(entry, { kind: "pull-failed", reason, isStuck: error.isStuck }, context);
    else {
      const isFenced = context.ports.fence.isOverdue(id);
      note(entry, { kind: "start-failed", reason, ...(isFenced && { isFenced }) }, context);
    }
  }
}

async function remove(entry: Entry, context: ActContext): Promise<void> {
  const { id } = entry.places;
  try {
    await removeInstance(entry.places, context.ports);
    context.entries.delete(id);
    context.log.info({ instance: id, reason: entry.record.life.reason }, "instance removed");
    context.reporting.soon();
  } catch (error) {
    context.log.warn({ instance: id, err: error }, "cannot remove instance; trying again");
    const reason = `removal failed: ${error instanceof Error ? error.message : String(error)}`;
    if (noteEvent(entry, { kind: "removal-failed", reason }, Date.now())) context.reporting.soon();
  }
}

function inBackground(entry: Entry, context: ActContext, work: (signal: AbortSignal) => Promise<void>): void {
  const busy = new AbortController();
  entry.busy = busy;
  work(busy.signal)
    .catch((error: unknown) =>
      context.log.error({ instance: entry.places.id, err: error }, "cannot note a change"),
    )
    .finally(() => {
      delete entry.busy;
      context.wake();
    });
}

function note(entry: Entry, event: LifeEvent, context: ActContext): void {
  if (noteEvent(entry, event, Date.now())) tellChange(entry, context);
}

function tellChange(entry: Entry, { log, wake, reporting }: ActContext): void {
  const { life, placement } = entry.record;
  log.info(
    { instance: placement.id, state: life.state.kind, reason: life.reason, restarts: life.restarts },
    "instance changed",
  );
  wake();
  if (isPassing(life))
    setTimeout(() => isPassing(entry.record.life) && reporting.together(), instanceLimits.passingMs).unref();
  else if (life.state.kind === "running") reporting.together();
  else reporting.soon();
}

/**
 * On the way to running, which usually takes some ten milliseconds in all: told only if it lasts, for every report is
 * a write to the store. Not so after a restart, when people want to know why.
 */
function isPassing({ state, startedAt }: Life): boolean {
  return state.kind === "pulling" || state.kind === "starting" || (state.kind === "placed" && !startedAt);
}
