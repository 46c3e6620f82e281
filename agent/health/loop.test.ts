import { expect, jest, test } from "@jest/globals";
import { watchHealth } from "./loop.ts";
import type { HealthPlan, Probe, ProbePlan, Verdict } from "./types.ts";

const quick: ProbePlan = {
  ...{ action: { kind: "tcp", port: 80 }, eagerMs: 1, intervalMs: 1, timeoutMs: 1_000 },
  ...{ retries: 1, successes: 1, startPeriodMs: 0 },
};

function watch(
  plan: Partial<HealthPlan>,
  probe: Probe,
  onChange: (verdict: Verdict) => void,
  signal: AbortSignal,
) {
  const all = { minHealthyTimeMs: 0, ...plan };
  return watchHealth(
    { plan: all, probe, ranMs: 0, wasHealthy: false, onChange, onUntried: () => undefined },
    signal,
  );
}

const never: Probe = async () => {
  throw new Error("probed");
};

test("a clock that is set back does not keep a process from being healthy in time", async () => {
  const verdicts: Verdict[] = [];
  const clock = jest.spyOn(Date, "now").mockReturnValue(0);
  try {
    await watch({ minHealthyTimeMs: 5 }, never, (one) => verdicts.push(one), new AbortController().signal);
  } finally {
    clock.mockRestore();
  }
  expect(verdicts).toEqual([{ healthy: true, reason: "" }]);
});

test("what the callback throws is thrown on, and ends every watch", async () => {
  const signals: AbortSignal[] = [];
  const probe: Probe = async (_, signal) => {
    signals.push(signal);
    return { ok: true };
  };
  const full = () => {
    throw new Error("disk full");
  };
  const watching = watch({ readiness: quick, liveness: quick }, probe, full, new AbortController().signal);
  await expect(watching).rejects.toThrow("disk full");
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
});

test("probes that could not be tried say nothing of the process, and the first of a row is told", async () => {
  const untried = { untried: "EMFILE" };
  const results = [
    untried,
    untried,
    { ok: true },
    untried,
    untried,
    { ok: false, reason: "refused" },
  ] as const;
  const stop = new AbortController();
  let at = 0;
  const probe: Probe = async () => {
    const result = results[at++];
    if (result) return result;
    stop.abort();
    return untried;
  };
  const verdicts: Verdict[] = [];
  const told: string[] = [];
  await watchHealth(
    {
      plan: { minHealthyTimeMs: 0, readiness: quick },
      ...{ probe, ranMs: 0, wasHealthy: false },
      onChange: (verdict) => verdicts.push(verdict),
      onUntried: (reason) => told.push(reason),
    },
    stop.signal,
  );
  expect(verdicts).toEqual([
    { healthy: false, reason: "EMFILE" },
    { healthy: true, reason: "" },
    { healthy: false, reason: "refused" },
  ]);
  expect(told.slice(0, 2)).toEqual(["EMFILE", "EMFILE"]);
});

test("one that is not wanted any more ends without an error", async () => {
  const stop = new AbortController();
  const probe: Probe = async (_, signal) => {
    stop.abort();
    signal.throwIfAborted();
    return { ok: true };
  };
  await expect(watch({ readiness: quick }, probe, () => undefined, stop.signal)).resolves.toBeUndefined();
});
