import { wasKilled } from "./ending.ts";
import { dueAt, type Life, type LifeEvent, type Policy } from "./life.ts";
import { instanceLimits } from "./limits.ts";
import type { Millis, ProcessView } from "./types.ts";

/** What the assignment wants of an id; `unknown` before the first assignment after the agent's start. */
export type Want =
  | { readonly kind: "run" }
  | { readonly kind: "gone"; readonly reason: string }
  | { readonly kind: "unknown" };

export interface InstanceView {
  readonly id: string;
  /** Undefined: wanted, and nothing is known of it yet. */
  readonly known?: { readonly life: Life; readonly policy: Policy };
  readonly want: Want;
  /** What the runtime says now; undefined where it was not asked, which says nothing. */
  readonly process?: ProcessView;
  /** Something is being done for it at this moment. */
  readonly busy: boolean;
  /** Its liveness probe has failed. */
  readonly unresponsive?: string;
  /** The stop signal of its state was sent by this agent. */
  readonly signalled: boolean;
  /** New connections may still be led to it on this host. */
  readonly isRouted: boolean;
  /** On this host its time is up, or was a moment ago: what was killed then was killed by the guard. */
  readonly wasOverdue: boolean;
  /** Somebody waits for an answer of it; absent where nobody looked: it is not asked to stop before. */
  readonly owesAnswer?: boolean;
}

export type Op =
  | { readonly kind: "admit"; readonly id: string }
  | { readonly kind: "note"; readonly id: string; readonly event: LifeEvent }
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "abort-start"; readonly id: string }
  | { readonly kind: "signal"; readonly id: string; readonly signal: string }
  | { readonly kind: "remove"; readonly id: string };

/**
 * What to do next for each instance, at most one thing each: the pass after it decides on what that changed.
 * Nothing to do for anybody means that the host is as wanted, or waits for a process, a time or what is under way.
 */
export function decide(views: readonly InstanceView[], now: Millis): Op[] {
  return views.flatMap((view) => decideOne(view, now) ?? []);
}

/**
 * Milliseconds after which the clock alone may make `decide` want something for a view; undefined: never.
 * What is due and was left alone waits for something else: it is not looked at without a pause.
 */
export function pauseMs({ known, want, busy }: InstanceView, now: Millis): number | undefined {
  const at = known && dueAt(known.life);
  if (known === undefined || at === undefined || busy) return undefined;
  if (known.life.state.kind === "backoff" && want.kind !== "run") return undefined;
  return Math.max(
    isDraining(known.life) ? instanceLimits.answersLookMs : instanceLimits.minPauseMs,
    at - now,
  );
}

const lostMonitor = "its monitor (conmon) was killed, and its output with it";

function decideOne(view: InstanceView, now: Millis): Op | undefined {
  const { id, known, want, busy } = view;
  const note = (event: LifeEvent): Op => ({ kind: "note", id, event });
  if (known === undefined) return want.kind === "run" ? { kind: "admit", id } : undefined;
  const { life, policy } = known;
  const { state } = life;
  const isLeaving = state.kind === "stopping" && state.afterwards === "gone";
  if (want.kind === "gone" && !isLeaving) return note({ kind: "unwanted", reason: want.reason });
  if (busy) return isLeaving && state.step === "removing" ? { kind: "abort-start", id } : undefined;
  if (now < life.since) return note({ kind: "clock-set-back" });
  switch (state.kind) {
    case "placed":
    case "pulling":
    case "starting":
      if (view.process?.kind === "running") return note({ kind: "started", process: view.process.process });
      return want.kind === "run" ? { kind: "start", id } : undefined;
    case "running":
      if (view.process?.kind === "ended") {
        const { ending } = view.process;
        const isFenced = view.wasOverdue && wasKilled(ending);
        return note({ kind: "ended", ending, ...(isFenced && { isFenced }) });
      }
      if (view.process?.kind === "none") return note({ kind: "vanished" });
      if (view.process?.kind === "running" && view.process.hasLostMonitor)
        return note({ kind: "unresponsive", reason: lostMonitor });
      return view.unresponsive === undefined
        ? undefined
        : note({ kind: "unresponsive", reason: view.unresponsive });
    case "stopping":
      return decideStop(view, life, policy, now);
    case "backoff":
      return want.kind === "run" && isDue(life, now) ? note({ kind: "due" }) : undefined;
    case "completed":
    case "failed":
      return undefined;
  }
}

function decideStop(view: InstanceView, life: Life, policy: Policy, now: Millis): Op | undefined {
  const { id, process } = view;
  const { state } = life;
  if (state.kind !== "stopping") return undefined;
  if (state.step === "removing") return isDue(life, now) ? { kind: "remove", id } : undefined;
  if (process?.kind === "ended")
    return { kind: "note", id, event: { kind: "ended", ending: process.ending } };
  if (process?.kind === "none") return { kind: "note", id, event: { kind: "vanished" } };
  if (isDue(life, now) && !isHeld(view, life, policy, now))
    return { kind: "note", id, event: { kind: "due" } };
  if (state.step === "draining" || view.signalled) return undefined;
  return { kind: "signal", id, signal: state.step === "killing" ? "SIGKILL" : policy.stopSignal };
}

/** Whether one that is out of traffic, or should be, is left alone for now. */
function isHeld({ isRouted, owesAnswer }: InstanceView, life: Life, policy: Policy, now: Millis): boolean {
  if (!isDraining(life)) return false;
  const answersMs = Math.min(policy.graceMs, instanceLimits.answersMaxMs);
  return (
    (isRouted && now < life.since + instanceLimits.drainMaxMs) ||
    (owesAnswer !== false && now < life.since + answersMs)
  );
}

/** Whether the next thing to do is to ask it to stop, unless somebody waits for its answers. */
export function isToBeAsked({ known, busy }: InstanceView, now: Millis): boolean {
  return known !== undefined && !busy && isDraining(known.life) && isDue(known.life, now);
}

function isDraining({ state }: Life): boolean {
  return state.kind === "stopping" && state.step === "draining";
}

function isDue(life: Life, now: Millis): boolean {
  return now >= (dueAt(life) ?? 0);
}
