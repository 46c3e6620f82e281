import { setTimeout as delay } from "node:timers/promises";
import { next, type ProbeState, pauseMs, proven, unproven } from "./decide.ts";
import type { HealthPlan, Probe, ProbePlan, Verdict } from "./types.ts";

export interface WatchOptions {
  readonly plan: HealthPlan;
  readonly probe: Probe;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** It was healthy when the agent that watched it before ended: it stays so until probes say otherwise. */
  readonly wasHealthy: boolean;
  readonly onChange: (verdict: Verdict) => void;
}

/** Watches one running process until the signal aborts. Calls back with the first verdict and each that differs. */
export async function watchHealth(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { plan, wasHealthy, startedAt, onChange } = options;
  let verdict: Verdict = { healthy: wasHealthy, reason: wasHealthy ? "" : "not healthy yet" };
  const change = (update: Partial<Verdict>) => {
    const changed = { ...verdict, ...update };
    if (
      changed.healthy === verdict.healthy &&
      changed.reason === verdict.reason &&
      changed.unresponsive === verdict.unresponsive
    )
      return;
    verdict = changed;
    if (!signal.aborted) onChange(verdict);
  };
  const untilStopped = [
    plan.readiness
      ? watchProbe(plan.readiness, options, signal, ({ kind, reason }) =>
          change({ healthy: kind === "healthy", reason }),
        )
      : delay(Math.max(0, startedAt + plan.minHealthyTimeMs - Date.now()), undefined, { signal }).then(() =>
          change({ healthy: true, reason: "" }),
        ),
    plan.liveness &&
      watchProbe(plan.liveness, options, signal, ({ kind, reason }) => {
        if (kind === "unhealthy") change({ unresponsive: reason });
      }),
  ];
  await Promise.allSettled(untilStopped);
}

async function watchProbe(
  plan: ProbePlan,
  { probe, startedAt, wasHealthy }: WatchOptions,
  signal: AbortSignal,
  onState: (state: ProbeState) => void,
): Promise<void> {
  let state = wasHealthy ? proven : unproven;
  let hasSucceeded = wasHealthy;
  if (plan.eagerMs >= plan.intervalMs) await delay(plan.intervalMs, undefined, { signal });
  while (!signal.aborted) {
    const result = await probe(plan, signal);
    state = next(state, result, plan, Date.now() - startedAt);
    hasSucceeded ||= result.ok;
    onState(state);
    await delay(pauseMs(hasSucceeded, plan), undefined, { signal });
  }
}
