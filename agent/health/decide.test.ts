import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { next, type ProbeState, pauseMs, proven, unproven } from "./decide.ts";
import type { ProbePlan, ProbeResult } from "./types.ts";

const plan: ProbePlan = {
  ...{ action: { kind: "tcp", port: 80 }, eagerMs: 100, intervalMs: 10_000, timeoutMs: 1_000 },
  ...{ retries: 3, successes: 2, startPeriodMs: 5_000 },
};
const good: ProbeResult = { ok: true };
const bad: ProbeResult = { ok: false, reason: "refused" };
const outcome = (results: ProbeResult[], from: ProbeState = unproven, ranMs = 60_000) =>
  results.reduce((state, result) => next(state, result, plan, ranMs), from);

describe("probes in a row", () => {
  test.each([
    [[good], "healthy"],
    [[bad, bad], "unproven"],
    [[bad, bad, bad], "unhealthy"],
    [[good, bad, bad], "healthy"],
    [[good, bad, bad, bad], "unhealthy"],
    [[good, bad, bad, bad, good], "unhealthy"],
    [[good, bad, bad, bad, good, good], "healthy"],
    [[good, bad, bad, bad, good, bad, good], "unhealthy"],
    [[good, bad, bad, good, bad, bad], "healthy"],
  ])("%j: %s", (results, kind) => {
    expect(outcome(results).kind).toBe(kind);
  });

  test("do not count within the start period, until one succeeded", () => {
    expect(outcome([bad, bad, bad, bad], unproven, 4_999).kind).toBe("unproven");
    expect(outcome([good, bad, bad, bad], unproven, 4_999).kind).toBe("unhealthy");
  });

  test("of an adopted instance need as many failures as of any healthy one", () => {
    expect(outcome([bad, bad], proven).kind).toBe("healthy");
    expect(outcome([bad, bad, bad], proven).kind).toBe("unhealthy");
  });

  test("make it healthy only after enough successes, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (oks) => {
        const before = outcome(oks.map((ok) => (ok ? good : bad)));
        expect(outcome([good, good], before).kind).toBe("healthy");
        expect(outcome([bad, bad, bad], before)).toMatchObject({ kind: "unhealthy", reason: "refused" });
      }),
    );
  });
});

test("the pause is short until the first success", () => {
  expect(pauseMs(false, plan)).toBe(100);
  expect(pauseMs(true, plan)).toBe(10_000);
  expect(pauseMs(false, { ...plan, intervalMs: 50 })).toBe(50);
});
