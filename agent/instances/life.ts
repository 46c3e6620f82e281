import { describeEnding } from "./ending.ts";
import { instanceLimits } from "./limits.ts";
import type { Ending, Millis, ProcessIdentity } from "./types.ts";

/**
 * Where an instance is. Usually placed, pulling, starting, running, stopping, and then nothing is left of it.
 *
 * placed    known, nothing made yet
 * pulling   its image is made ready
 * starting  its root, network and files are made, its process is created
 * running   its first instruction was reached
 * stopping  by steps: `draining` out of traffic, nothing else touched; `ending` asked to stop; `killing` not asked
 *           any more; `removing` ended, what was made for it is taken away. Then `afterwards`: gone or a new start
 * backoff   ended, could not start, or its image did not come; starts again at `until`
 * completed ended with 0, and its policy keeps it so
 * failed    ended or could not start, and its policy keeps it so
 */
export type State =
  | { readonly kind: "placed" }
  | { readonly kind: "pulling" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly process: ProcessIdentity; readonly startedAt: Millis }
  | {
      readonly kind: "stopping";
      readonly step: StopStep;
      readonly until: Millis;
      readonly afterwards: "gone" | "restart";
    }
  | {
      readonly kind: "backoff";
      readonly until: Millis;
      /** Only its image is missing: this counts as no restart. `stuck`: until somebody changes something. */
      readonly image?: "awaited" | "stuck";
    }
  | { readonly kind: "completed" }
  | { readonly kind: "failed" };

export type StopStep = "draining" | "ending" | "killing" | "removing";

/** How it is stopped and started again: from the spec, kept for when the spec is gone. */
export interface Policy {
  readonly restart: "always" | "on-failure" | "never";
  readonly delayMs: number;
  readonly maxAttempts?: number;
  readonly windowMs: number;
  /** The user's, else the image's, else SIGTERM: `SIGQUIT`, `SIGRTMIN+3`. */
  readonly stopSignal: string;
  readonly graceMs: number;
}

/** All that is remembered of an instance's course; `next` alone changes it. */
export interface Life {
  readonly state: State;
  readonly since: Millis;
  /** Why it is in this state, in words. */
  readonly reason: string;
  /** Starts after the first. */
  readonly restarts: number;
  /** Of these, those since it last ran for a whole window: they double the delay. */
  readonly attempts: number;
  /** Since its image was last here. */
  readonly failedPulls?: { readonly count: number; readonly reason: string };
  readonly exitCode?: number;
  /** Its last run was ended since its host was cut off. */
  readonly wasFenced?: true;
  /** Of the process that runs, or ran last. */
  readonly startedAt?: Millis;
}

export type LifeEvent =
  /** `image`: the full name of one that is brought from its registry. */
  | { readonly kind: "pulling"; readonly image?: string }
  | { readonly kind: "pull-failed"; readonly reason: string; readonly isStuck: boolean }
  | { readonly kind: "starting" }
  | { readonly kind: "started"; readonly process: ProcessIdentity }
  /** `isFenced`: it was not to run, since its host is cut off. */
  | { readonly kind: "start-failed"; readonly reason: string; readonly isFenced?: boolean }
  | { readonly kind: "ended"; readonly ending: Ending; readonly isFenced?: boolean }
  /** The host booted since: nothing of it runs, and nobody knows how it ended. */
  | { readonly kind: "vanished" }
  | { readonly kind: "unwanted"; readonly reason: string }
  | { readonly kind: "unresponsive"; readonly reason: string }
  /** The time of the state's `until` has come. */
  | { readonly kind: "due" }
  /** The host's clock shows a time before the state began: what is left of its time begins anew. */
  | { readonly kind: "clock-set-back" }
  | { readonly kind: "removal-failed"; readonly reason: string };

export function newLife(now: Millis): Life {
  return { state: { kind: "placed" }, since: now, reason: "waiting for its start", restarts: 0, attempts: 0 };
}

/** The only way an instance changes. An event that says nothing new in a state leaves it as it is. */
export function next(life: Life, event: LifeEvent, policy: Policy, now: Millis): Life {
  const enter = (state: State, reason: string): Life => ({ ...life, state, reason, since: now });
  const { state } = life;
  switch (event.kind) {
    case "pulling":
      return isBeforeRun(state) ? enter({ kind: "pulling" }, pullingReason(life, event.image)) : life;
    case "pull-failed":
      return isBeforeRun(state) ? afterFailedPull(life, event, now) : life;
    case "starting": {
      if (!isBeforeRun(state)) return life;
      const { failedPulls: _, ...rest } = life;
      return { ...rest, state: { kind: "starting" }, since: now, reason: "making its container" };
    }
    case "started": {
      if (!isBeforeRun(state)) return life;
      const { exitCode: _, wasFenced, ...rest } = life;
      const running: State = { kind: "running", process: event.process, startedAt: now };
      const reason = wasFenced ? "running; it was fenced before: its host was cut off" : "running";
      return { ...rest, state: running, since: now, startedAt: now, reason };
    }
    case "start-failed":
      if (!isBeforeRun(state)) return life;
      return event.isFenced ? fenced(life, now) : afterEnd(life, policy, now, event.reason, undefined);
    case "ended":
      return ended(life, event, policy, now);
    case "vanished":
      return vanished(life, now);
    case "unwanted":
      return unwanted(life, event.reason, now);
    case "unresponsive":
      if (state.kind !== "running") return life;
      return enter(
        { kind: "stopping", step: "ending", until: now + policy.graceMs, afterwards: "restart" },
        event.reason,
      );
    case "due":
      return due(life, policy, now);
    case "clock-set-back":
      return now < life.since ? { ...life, since: now, state: moved(state, now - life.since, now) } : life;
    case "removal-failed": {
      if (state.kind !== "stopping") return life;
      return enter({ ...state, step: "removing", until: now + instanceLimits.removeAgainMs }, event.reason);
    }
  }
}

/** When the state's time is up: what the loop sets its timer by. */
export function dueAt({ state }: Life): Millis | undefined {
  return state.kind === "backoff" || state.kind === "stopping" ? state.until : undefined;
}

/** Its start is under way or has its turn soon; one whose image is being pulled may take long. */
export function isAboutToRun({ state }: Life): boolean {
  return state.kind === "placed" || state.kind === "starting";
}

function isBeforeRun(state: State): boolean {
  return state.kind === "placed" || state.kind === "pulling" || state.kind === "starting";
}

function ended(
  life: Life,
  { ending, isFenced = false }: { readonly ending: Ending; readonly isFenced?: boolean },
  policy: Policy,
  now: Millis,
): Life {
  const { state } = life;
  const exitCode = ending.code === undefined ? {} : { exitCode: ending.code };
  if (state.kind === "stopping") {
    if (state.step === "removing") return life;
    if (state.afterwards === "restart")
      return afterEnd({ ...life, ...exitCode }, policy, now, life.reason, undefined);
    return { ...life, ...exitCode, since: now, state: { ...state, step: "removing", until: now } };
  }
  if (state.kind !== "running") return life;
  if (isFenced) return fenced({ ...life, ...exitCode }, now);
  const ranMs = now - state.startedAt;
  const rested = ranMs >= policy.windowMs ? { ...life, attempts: 0 } : life;
  return afterEnd({ ...rested, ...exitCode }, policy, now, describeEnding(ending), ending.code);
}

/** Whatever its restart policy, and counted nowhere: nothing is wrong with it. Its start waits for a server's word. */
function fenced(life: Life, now: Millis): Life {
  const reason = "fenced: its host is cut off from the servers; it starts again once one confirms it";
  return { ...life, state: { kind: "placed" }, since: now, reason, wasFenced: true };
}

function pullingReason({ failedPulls }: Life, image: string | undefined): string {
  if (image === undefined) return "making its image ready";
  return `pulling ${image}${failedPulls ? ` again; the last time: ${failedPulls.reason}` : ""}`;
}

/** Whatever its restart policy: it never ran. */
function afterFailedPull(
  life: Life,
  { reason, isStuck }: { readonly reason: string; readonly isStuck: boolean },
  now: Millis,
): Life {
  const before = life.failedPulls?.count ?? 0;
  const delayMs = doubled(instanceLimits.pullDelayMs, before);
  const state: State = { kind: "backoff", until: now + delayMs, image: isStuck ? "stuck" : "awaited" };
  return { ...life, state, reason, since: now, failedPulls: { count: before + 1, reason } };
}

function doubled(delayMs: number, times: number): Millis {
  return Math.min(delayMs * 2 ** Math.min(times, 30), instanceLimits.restartDelayMaxMs);
}

/** The restart policy. `code` is undefined for an end that counts as a failure whatever the code. */
function afterEnd(life: Life, policy: Policy, now: Millis, reason: string, code: number | undefined): Life {
  const stay = (kind: "completed" | "failed", why = reason): Life => ({
    ...life,
    state: { kind },
    reason: why,
    since: now,
  });
  if (code === 0 && policy.restart !== "always") return stay("completed");
  if (policy.restart === "never") return stay("failed");
  if (policy.maxAttempts !== undefined && life.attempts >= policy.maxAttempts) {
    return stay("failed", `${reason}; gave up after ${life.attempts} restarts`);
  }
  const delayMs = doubled(policy.delayMs, life.attempts);
  return { ...life, state: { kind: "backoff", until: now + delayMs }, reason, since: now };
}

/** After a boot everything wanted starts afresh; what was stopping has stopped. */
function vanished(life: Life, now: Millis): Life {
  const { state } = life;
  if (state.kind === "completed" || state.kind === "failed") return life;
  if (state.kind === "stopping" && state.afterwards === "gone") {
    return { ...life, since: now, state: { ...state, step: "removing", until: now } };
  }
  return { ...life, since: now, state: { kind: "placed" }, reason: "its host restarted", attempts: 0 };
}

function unwanted(life: Life, reason: string, now: Millis): Life {
  const { state } = life;
  if (state.kind === "stopping" && state.afterwards === "gone") return life;
  const step: StopStep =
    state.kind === "running" ? "draining" : state.kind === "stopping" ? state.step : "removing";
  const until =
    state.kind === "running" ? now + instanceLimits.drainMs : state.kind === "stopping" ? state.until : now;
  return { ...life, since: now, reason, state: { kind: "stopping", step, until, afterwards: "gone" } };
}

function due(life: Life, policy: Policy, now: Millis): Life {
  const { state } = life;
  if (state.kind === "backoff" && now >= state.until) {
    if (state.image !== undefined) return { ...life, state: { kind: "placed" }, since: now };
    const counted = { restarts: life.restarts + 1, attempts: life.attempts + 1 };
    return { ...life, ...counted, state: { kind: "placed" }, since: now };
  }
  if (state.kind !== "stopping" || now < state.until) return life;
  switch (state.step) {
    case "draining":
      return { ...life, state: { ...state, step: "ending", until: now + policy.graceMs } };
    case "ending": {
      const reason = `${life.reason}; killed: it did not end within ${policy.graceMs / 1000} s of ${policy.stopSignal}`;
      return { ...life, reason, state: { ...state, step: "killing", until: now + instanceLimits.killMs } };
    }
    case "killing":
      return state.afterwards === "restart"
        ? afterEnd(life, policy, now, life.reason, undefined)
        : { ...life, state: { ...state, step: "removing", until: now } };
    case "removing":
      return life;
  }
}

/** The state with its times as the clock now counts them. No wait becomes longer than it was as a whole. */
function moved(state: State, byMs: number, now: Millis): State {
  if (state.kind === "running") return { ...state, startedAt: Math.min(state.startedAt, now) };
  return "until" in state ? { ...state, until: state.until + byMs } : state;
}
