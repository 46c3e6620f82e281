import { type Life, type LifeEvent, next, type StopStep } from "./life.ts";
import type { Places } from "./places.ts";
import { type InstanceRecord, writeRecord } from "./record.ts";
import type { Millis } from "./types.ts";

/** One instance as the agent that runs holds it: its record, and what this agent does for it now. */
export interface Entry {
  record: InstanceRecord;
  readonly places: Places;
  /** Set while it is started or removed. */
  busy?: AbortController;
  /** Set while its health is watched. */
  watching?: AbortController;
  /** Why it is not healthy, for people. */
  unhealthy: string;
  unresponsive?: string;
  /** The step of stopping whose signal this agent sent. */
  signalled?: StopStep;
  /** What was seen when it was last looked whether somebody waits for its answers. `nextLookAt`: as `performance.now()`. */
  answers?: { readonly nextLookAt: number; readonly owed: boolean };
  /** Why the record on disk is an older one. */
  unkept?: unknown;
}

/**
 * What one event makes of a record: written to disk where it differs, but for the steps of a start, which take some
 * milliseconds and are looked at anew by an agent that finds one half-way. True if it differs.
 */
export function noteEvent(entry: Entry, event: LifeEvent, now: Millis): boolean {
  const life = next(entry.record.life, event, entry.record.policy, now);
  if (life === entry.record.life) return false;
  const isRunning = life.state.kind === "running";
  const change = { life, healthy: isRunning && entry.record.healthy };
  if (isStarting(life)) entry.record = { ...entry.record, ...change };
  else changeRecord(entry, change);
  if (!isRunning) stopWatching(entry);
  if (stepOf(life) !== entry.signalled) delete entry.signalled;
  return true;
}

/** What happened has happened, also where the disk is full: then it is noted in `unkept`, and written later. */
export function changeRecord(entry: Entry, change: Partial<InstanceRecord>): void {
  entry.record = { ...entry.record, ...change };
  try {
    writeRecord(entry.places, entry.record);
    delete entry.unkept;
  } catch (error) {
    entry.unkept = error;
  }
}

export function stopWatching(entry: Entry): void {
  entry.watching?.abort();
  delete entry.watching;
  delete entry.unresponsive;
  entry.unhealthy = "";
}

function isStarting({ state }: Life): boolean {
  return state.kind === "pulling" || state.kind === "starting";
}

export function stepOf({ state }: Life): StopStep | undefined {
  return state.kind === "stopping" ? state.step : undefined;
}
