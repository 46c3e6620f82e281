/**
 * Tells whether a running instance is to take traffic (readiness) and whether it must restart (liveness).
 *
 * Invariant: one probe of a plan runs at a time, within its timeout, and a verdict is told only when it changes.
 * It does not act on a verdict, and it remembers nothing beyond the process it watches.
 */
export { next, type ProbeState, pauseMs } from "./decide.ts";
export { type WatchOptions, watchHealth } from "./loop.ts";
export { planHealth } from "./plan.ts";
export { createProbe } from "./probe.ts";
export type { HealthPlan, Probe, ProbePlan, ProbeResult, RunInside, Untried, Verdict } from "./types.ts";
