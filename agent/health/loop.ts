import { setTimeout as delay } from "node:timers/promises";
import { next, type ProbeState, pauseMs, proven, unproven } from "./decide.ts";
import type { HealthPlan, Probe, ProbePlan, Verdict } from "./types.ts";

export interface WatchOptions {
  readonly plan: HealthPlan;
  readonly probe: Probe;
  /** How long the process has run when the watch begins: from then on no clock counts that can be set. */
  readonly ranMs: number;
  /** It was healthy when the agent that watched it before ended: it stays so until probes say otherwise. */
  readonly wasHealthy: boolean;
  readonly onChange: (verdict: Verdict) => void;
  /** The first of a row of probes that could not be tried, and why. */
  readonly onUntried: (reason: string) => void;
}

/**
 * Watches one running process until the signal aborts. Calls back with the first verdict and each that differs.
 * Rejects with what a probe or the callback threw; then nothing is watched any more.
 */
export async function watchHealth(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const watches = watchAll(options, until);
  try {
    await Promise.all(watches);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    failed.abort();
    await Promise.allSettled(watches);
  }
}

function watchAll(options: WatchOptions, signal: AbortSignal): Promise<void>[] {
  const { plan, wasHealthy, ranMs, onChange } = options;
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
  return [
    plan.readiness
      ? watchProbe(plan.readiness, options, signal, ({ kind, reason }) =>
          change({ healthy: kind === "healthy", reason }),
        )
      : delay(Math.max(0, plan.minHealthyTimeMs - ranMs), undefined, { signal }).then(() =>
          change({ healthy: true, reason: "" }),
        ),
    ...(plan.liveness
      ? [
          watchProbe(plan.liveness, options, signal, ({ kind, reason }) => {
            if (kind === "unhealthy") change({ unresponsive: reason });
          }),
        ]
      : []),
  ];
}

async function watchProbe(
  plan: ProbePlan,
  { probe, ranMs, wasHealthy, onUntried }: WatchOptions,
  signal: AbortSignal,
  onState: (state: ProbeState) => void,
): Promise<void> {
  const startedAt = performance.now() - ranMs;
  let state = wasHealthy ? proven : unproven;
  let hasSucceeded = wasHealthy;
  let wasTried = true;
  if (plan.eagerMs >= plan.intervalMs) await delay(plan.intervalMs, undefined, { signal });
  while (!signal.aborted) {
    const result = await probe(plan, signal);
    if ("untried" in result) {
      if (wasTried) onUntried(result.untried);
      // Nothing is known of it yet, and this is why.
      if (state.kind === "unproven") onState({ ...state, reason: result.untried });
    } else {
      state = next(state, result, plan, performance.now() - startedAt);
      hasSucceeded ||= result.ok;
      onState(state);
    }
    wasTried = !("untried" in result);
    await delay(pauseMs(hasSucceeded, plan), undefined, { signal });
  }
}
