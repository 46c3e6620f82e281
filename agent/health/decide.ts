import type { ProbePlan, ProbeResult } from "./types.ts";

/**
 * What a row of probes says.
 * unproven   no success yet since the start
 * healthy    the last `successes` probes were good, and no `retries` in a row were bad since
 * unhealthy  `retries` probes in a row were bad
 */
export interface ProbeState {
  readonly kind: "unproven" | "healthy" | "unhealthy";
  /** In a row, of the last result's kind; the other is 0. */
  readonly successes: number;
  readonly failures: number;
  /** Of the last bad probe. */
  readonly reason: string;
}

export const unproven: ProbeState = { kind: "unproven", successes: 0, failures: 0, reason: "not probed yet" };
/** Of an instance that was healthy when the agent that watched it ended. */
export const proven: ProbeState = { kind: "healthy", successes: 1, failures: 0, reason: "" };

/** One more result, `ranMs` after the process started. The first success is enough for one that is unproven. */
export function next(state: ProbeState, result: ProbeResult, plan: ProbePlan, ranMs: number): ProbeState {
  if (result.ok) {
    const successes = state.successes + 1;
    const enough = state.kind !== "unhealthy" || successes >= plan.successes;
    return {
      kind: enough ? "healthy" : "unhealthy",
      successes,
      failures: 0,
      reason: enough ? "" : state.reason,
    };
  }
  const { reason } = result;
  if (state.kind !== "healthy" && ranMs < plan.startPeriodMs) return { ...state, successes: 0, reason };
  const failures = state.failures + 1;
  return { kind: failures >= plan.retries ? "unhealthy" : state.kind, successes: 0, failures, reason };
}

/** Milliseconds to wait before the next probe: eager until the first success ever. */
export function pauseMs(hasSucceeded: boolean, plan: ProbePlan): number {
  return hasSucceeded ? plan.intervalMs : Math.min(plan.eagerMs, plan.intervalMs);
}
