import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type InstanceView, type Op, pauseMs, type Want } from "./decide.ts";
import { dueAt, type Life, newLife, next, type Policy } from "./life.ts";
import { instanceLimits } from "./limits.ts";
import type { Ending, ProcessView } from "./types.ts";

const id = "web-0-aaaaaa";
const process = { pid: 7, startTime: "42" };
const policy: Policy = {
  restart: "always",
  delayMs: 1_000,
  windowMs: 60_000,
  stopSignal: "SIGQUIT",
  graceMs: 5_000,
};
const run: Want = { kind: "run" };
const gone: Want = { kind: "gone", reason: "no longer wanted" };

const states: fc.Arbitrary<Life["state"]> = fc.oneof(
  fc.constantFrom<Life["state"]>(
    { kind: "placed" },
    { kind: "pulling" },
    { kind: "starting" },
    { kind: "running", process, startedAt: 0 },
    { kind: "completed" },
    { kind: "failed" },
  ),
  fc.nat(20_000).map((until) => ({ kind: "backoff" as const, until })),
  fc.record({
    kind: fc.constant("stopping" as const),
    step: fc.constantFrom("draining" as const, "ending" as const, "killing" as const, "removing" as const),
    until: fc.nat(20_000),
    afterwards: fc.constantFrom("gone" as const, "restart" as const),
  }),
);
const processes = fc.constantFrom<ProcessView>(
  { kind: "none" },
  { kind: "created", process },
  { kind: "running", process },
  { kind: "ended", ending: { code: 1, outOfMemory: false } },
);
const policies = fc.record({
  restart: fc.constantFrom("always" as const, "on-failure" as const, "never" as const),
  delayMs: fc.integer({ min: 100, max: 60_000 }),
  windowMs: fc.integer({ min: 1_000, max: 60_000 }),
  stopSignal: fc.constantFrom("SIGTERM", "SIGRTMIN+3"),
  graceMs: fc.nat(10_000),
});

/** A host of one instance whose processes end when they are told to, or only when they are killed. */
function simulate(life: Life | undefined, seen: ProcessView, rules: Policy, want: Want, isDeaf: boolean) {
  let now = 20_000;
  let current = life;
  let actual = seen;
  let signalled: string | undefined;
  const history: string[] = [];
  for (let round = 0; round < 60; round++) {
    const step = current?.state.kind === "stopping" ? current.state.step : undefined;
    const view: InstanceView = {
      ...{ id, want, busy: false, process: actual, signalled: signalled !== undefined && signalled === step },
      ...{ isRouted: false, wasOverdue: false, owesAnswer: false },
      ...(current && { known: { life: current, policy: rules } }),
    };
    const ops = decide([view], now);
    expect(decide([view], now)).toEqual(ops);
    expect(ops.length).toBeLessThanOrEqual(1);
    const [op] = ops;
    if (op === undefined) {
      const due = current && dueAt(current);
      if (due === undefined || due <= now) return { life: current, process: actual, history };
      now = due;
      continue;
    }
    history.push(op.kind === "note" ? op.event.kind : op.kind);
    if (op.kind === "admit") current = newLife(now);
    if (op.kind === "note" && current) current = next(current, op.event, rules, now);
    if (op.kind === "start" && current) {
      actual = { kind: "running", process };
      current = next(current, { kind: "started", process }, rules, now);
    }
    if (op.kind === "signal") {
      signalled = step;
      if (op.signal === "SIGKILL" || !isDeaf)
        actual = { kind: "ended", ending: { code: 143, outOfMemory: false } };
    }
    if (op.kind === "remove") {
      current = undefined;
      actual = { kind: "none" };
    }
  }
  throw new Error(`no rest after 60 rounds: ${history.join(" ")}`);
}

describe("decide", () => {
  test("what is unwanted ends removed, with nothing running, from every state", () => {
    fc.assert(
      fc.property(states, processes, policies, fc.boolean(), (state, seen, rules, isDeaf) => {
        const life = { ...newLife(0), state };
        const result = simulate(life, seen, rules, gone, isDeaf);
        expect(result.life).toBeUndefined();
        expect(result.process.kind).toBe("none");
      }),
    );
  });

  test("what is wanted ends running, or as its policy leaves it", () => {
    fc.assert(
      fc.property(
        fc.option(states, { nil: undefined }),
        processes,
        policies,
        fc.boolean(),
        (state, seen, rules, isDeaf) => {
          const life = state && { ...newLife(0), state };
          const result = simulate(life, life ? seen : { kind: "none" }, rules, run, isDeaf);
          const allowed = ["running", "completed", "failed"];
          // One that was on its way out goes all of it, and is then admitted afresh.
          expect(allowed).toContain(result.life?.state.kind);
          if (result.life?.state.kind === "running")
            expect(["running", "created"]).toContain(result.process.kind);
        },
      ),
    );
  });

  test("nothing starts, stops or is removed before the first assignment", () => {
    fc.assert(
      fc.property(states, processes, fc.nat(40_000), (state, seen, now) => {
        const known = { life: { ...newLife(0), state }, policy };
        const ops = decide(
          [
            {
              id,
              known,
              want: { kind: "unknown" },
              process: seen,
              busy: false,
              signalled: false,
              isRouted: true,
              wasOverdue: true,
            },
          ],
          now,
        );
        expect(
          ops.filter(({ kind }) => kind === "start" || kind === "admit" || kind === "abort-start"),
        ).toEqual([]);
        if (state.kind !== "stopping")
          expect(ops.filter(({ kind }) => kind === "remove" || kind === "signal")).toEqual([]);
      }),
    );
  });

  test("a running one is out of traffic first, then asked by its signal, then killed, then removed", () => {
    const life: Life = { ...newLife(0), state: { kind: "running", process, startedAt: 0 } };
    const seen: ProcessView = { kind: "running", process };
    expect(simulate(life, seen, policy, gone, false).history).toEqual([
      "unwanted",
      "due",
      "signal",
      "ended",
      "remove",
    ]);
    expect(simulate(life, seen, policy, gone, true).history).toEqual([
      "unwanted",
      "due",
      "signal",
      "due",
      "signal",
      "ended",
      "remove",
    ]);
  });

  test("one whose monitor was killed is stopped and started again: nobody takes its output", () => {
    const life: Life = { ...newLife(0), state: { kind: "running", process, startedAt: 0 } };
    const seen: ProcessView = { kind: "running", process, hasLostMonitor: true };
    const [op] = decide([viewOf(life, { process: seen })], 1);
    const event = { kind: "unresponsive", reason: expect.stringMatching(/^its monitor/) };
    expect(op).toEqual({ kind: "note", id, event });
    expect(decide([viewOf(life, { process: { kind: "running", process } })], 1)).toEqual([]);
  });

  test("a start under way is aborted before anything is removed", () => {
    const life: Life = { ...newLife(0), state: { kind: "pulling" } };
    const view: InstanceView = {
      id,
      known: { life, policy },
      want: gone,
      busy: true,
      signalled: false,
      isRouted: false,
      wasOverdue: false,
    };
    const [op] = decide([view], 0);
    expect(op).toEqual({ kind: "note", id, event: { kind: "unwanted", reason: "no longer wanted" } });
    const after = next(life, { kind: "unwanted", reason: "no longer wanted" }, policy, 0);
    expect(decide([{ ...view, known: { life: after, policy } }], 0)).toEqual([{ kind: "abort-start", id }]);
  });

  test("one that may still be led new connections is not asked to stop, for a while", () => {
    const running: Life = { ...newLife(0), state: { kind: "running", process, startedAt: 0 } };
    const life = next(running, { kind: "unwanted", reason: "no" }, policy, 0);
    const due: Op = { kind: "note", id, event: { kind: "due" } };
    const at = (now: number, isRouted: boolean) => decide([viewOf(life, { want: gone, isRouted })], now);
    expect(at(instanceLimits.drainMs - 1, false)).toEqual([]);
    expect(at(instanceLimits.drainMs, false)).toEqual([due]);
    expect(at(instanceLimits.drainMs, true)).toEqual([]);
    expect(at(instanceLimits.drainMaxMs, true)).toEqual([due]);
  });
});

test("one whose answers somebody waits for is not asked to stop within its grace, nor within a bound", () => {
  const running: Life = { ...newLife(0), state: { kind: "running", process, startedAt: 0 } };
  const at = (graceMs: number, now: number, owesAnswer: boolean) => {
    const rules = { ...policy, graceMs };
    const life = next(running, { kind: "unwanted", reason: "no" }, rules, 0);
    return decide([{ ...viewOf(life, { want: gone, owesAnswer }), known: { life, policy: rules } }], now)
      .length;
  };
  expect(at(60_000, instanceLimits.drainMs, false)).toBe(1);
  expect(at(60_000, instanceLimits.answersMaxMs - 1, true)).toBe(0);
  expect(at(60_000, instanceLimits.answersMaxMs, true)).toBe(1);
  expect(at(999, 998, true)).toBe(0);
  expect(at(999, 999, true)).toBe(1);
  expect(at(0, instanceLimits.drainMs, true)).toBe(1);
});

describe("a clock that is set back by an hour", () => {
  const hour = 3_600_000;
  const began = 10 * hour;

  test.each<[string, Life["state"]]>([
    ["backoff", { kind: "backoff", until: began + 1_000 }],
    ["grace", { kind: "stopping", step: "ending", until: began + 1_000, afterwards: "gone" }],
    ["drain", { kind: "stopping", step: "draining", until: began + 150, afterwards: "gone" }],
  ])("makes no %s longer than it is as a whole", (_, state) => {
    const life: Life = { ...newLife(began), state };
    const now = began + 500 - hour;
    const [op] = decide([viewOf(life)], now);
    expect(op).toEqual({ kind: "note", id, event: { kind: "clock-set-back" } });
    const after = next(life, { kind: "clock-set-back" }, policy, now);
    expect(after.since).toBe(now);
    expect((dueAt(after) ?? 0) - now).toBe((dueAt(life) ?? 0) - began);
    expect(next(after, { kind: "clock-set-back" }, policy, now)).toBe(after);
  });

  test("lets the window of a running one begin anew", () => {
    const life: Life = { ...newLife(began), state: { kind: "running", process, startedAt: began } };
    const after = next(life, { kind: "clock-set-back" }, policy, began - hour);
    expect(after.state).toMatchObject({ kind: "running", startedAt: began - hour });
  });
});

test.each<[string, Ending, boolean, "placed" | "failed" | "completed"]>([
  ["killed once its time was up", { code: 137, outOfMemory: false }, true, "placed"],
  ["by nobody knows what, once its time was up", { outOfMemory: false }, true, "placed"],
  ["killed in its time", { code: 137, outOfMemory: false }, false, "failed"],
  ["out of memory, its time up", { code: 137, outOfMemory: true }, true, "failed"],
  ["by itself, its time up since", { code: 0, outOfMemory: false }, true, "completed"],
])("one that must not be started again, ended %s", (_, ending, wasOverdue, state) => {
  const never = { ...policy, restart: "never" as const };
  const life: Life = { ...newLife(0), state: { kind: "running", process, startedAt: 0 } };
  const view = viewOf(life, { process: { kind: "ended", ending }, wasOverdue });
  const [op] = decide([{ ...view, known: { life, policy: never } }], 1_000);
  if (op?.kind !== "note") throw new Error("its end is not noted");
  expect(next(life, op.event, never, 1_000).state.kind).toBe(state);
});

describe("the pause before the next look", () => {
  const backoff: Life = { ...newLife(0), state: { kind: "backoff", until: 1_000 } };

  test("ends when something is due", () => {
    expect(pauseMs(viewOf(backoff), 400)).toBe(600);
    expect(pauseMs(viewOf({ ...newLife(0) }), 400)).toBeUndefined();
  });

  test("does not end for a start that nobody may want any more", () => {
    expect(pauseMs(viewOf(backoff, { want: { kind: "unknown" } }), 5_000)).toBeUndefined();
  });

  test("is never none at all", () => {
    expect(pauseMs(viewOf(backoff), 5_000)).toBe(instanceLimits.minPauseMs);
  });
});

function viewOf(life: Life, change: Partial<InstanceView> = {}): InstanceView {
  const known = { life, policy };
  const seen = { signalled: false, isRouted: false, wasOverdue: false, owesAnswer: false };
  return { id, known, want: run, busy: false, ...seen, ...change };
}
