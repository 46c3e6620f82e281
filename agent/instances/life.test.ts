import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { describeEnding } from "./ending.ts";
import { type Life, newLife, next, type Policy } from "./life.ts";
import { instanceLimits } from "./limits.ts";

const process = { pid: 7, startTime: "42" };
const policy: Policy = {
  restart: "always",
  delayMs: 1_000,
  windowMs: 60_000,
  stopSignal: "SIGTERM",
  graceMs: 5_000,
};
const running = (startedAt = 0): Life => ({ ...newLife(0), state: { kind: "running", process, startedAt } });
const ended = (code: number) => ({ kind: "ended" as const, ending: { code, outOfMemory: false } });

/** One end and the start after it. */
function crash(life: Life, now: number, rules = policy): { life: Life; delayMs: number; now: number } {
  const waiting = next(life, ended(1), rules, now);
  if (waiting.state.kind !== "backoff") return { life: waiting, delayMs: -1, now };
  const at = waiting.state.until;
  const placed = next(waiting, { kind: "due" }, rules, at);
  return { life: next(placed, { kind: "started", process }, rules, at), delayMs: at - now, now: at };
}

describe("a pull that fails", () => {
  const failed = (isStuck = false) => ({ kind: "pull-failed" as const, reason: "no answer", isStuck });
  const never = { ...policy, restart: "never" as const };

  test("is tried again whatever the restart policy, with a bounded pause, and counts as no restart", () => {
    let [life, now] = [newLife(0), 0];
    const delays: number[] = [];
    for (let i = 0; i < 7; i++) {
      life = next(next(life, { kind: "pulling", image: "r:1/app:1" }, never, now), failed(), never, now);
      if (life.state.kind !== "backoff") throw new Error(`not in backoff but ${life.state.kind}`);
      delays.push(life.state.until - now);
      now = life.state.until;
      life = next(life, { kind: "due" }, never, now);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(life).toMatchObject({ state: { kind: "placed" }, restarts: 0, attempts: 0 });
    const again = next(life, { kind: "pulling", image: "r:1/app:1" }, never, now);
    expect(again.reason).toBe("pulling r:1/app:1 again; the last time: no answer");
  });

  test("is forgotten once the image is here", () => {
    const waiting = next(newLife(0), failed(true), policy, 0);
    expect(waiting.state).toEqual({ kind: "backoff", until: 1_000, image: "stuck" });
    const placed = next(waiting, { kind: "due" }, policy, 1_000);
    const starting = next(placed, { kind: "starting" }, policy, 1_000);
    expect(starting).not.toHaveProperty("failedPulls");
    expect(next(starting, failed(), policy, 2_000).state).toMatchObject({ until: 3_000 });
  });
});

describe("restarts", () => {
  test("wait twice as long each time, up to a bound", () => {
    const delays: number[] = [];
    let state = { life: running(), now: 10, delayMs: 0 };
    for (let i = 0; i < 8; i++) {
      state = crash(state.life, state.now + 10);
      delays.push(state.delayMs);
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(state.life.restarts).toBe(8);
  });

  test("wait as at first after it ran for a window", () => {
    const { life, now } = crash(running(), 10);
    expect(crash(life, now + policy.windowMs).delayMs).toBe(1_000);
    expect(crash(life, now + policy.windowMs - 1).delayMs).toBe(2_000);
  });

  test.each([
    ["always", 0, "backoff"],
    ["always", 1, "backoff"],
    ["on-failure", 0, "completed"],
    ["on-failure", 1, "backoff"],
    ["never", 0, "completed"],
    ["never", 1, "failed"],
  ] as const)("policy %s after code %i: %s", (restart, code, kind) => {
    expect(next(running(), ended(code), { ...policy, restart }, 10).state.kind).toBe(kind);
  });

  test("end when there were too many within a window", () => {
    const rules = { ...policy, maxAttempts: 2 };
    let state = { life: running(), now: 0, delayMs: 0 };
    for (let i = 0; i < 3; i++) state = crash(state.life, state.now + 1, rules);
    expect(state.life.state.kind).toBe("failed");
    expect(state.life.reason).toBe("exited with code 1; gave up after 2 restarts");
  });
});

describe("what was fenced", () => {
  const never = { ...policy, restart: "never" as const };
  const fenced = { ...ended(137), isFenced: true };

  test("starts again whatever the restart policy, counts as no restart, and says so", () => {
    const waiting = next({ ...running(), attempts: 3, restarts: 5 }, fenced, never, 9_000);
    expect(waiting).toMatchObject({ state: { kind: "placed" }, attempts: 3, restarts: 5 });
    expect(waiting.reason).toMatch(/^fenced: /);
    const starting = next(waiting, { kind: "starting" }, never, 9_000);
    const refused = { kind: "start-failed" as const, reason: "no", isFenced: true };
    const again = next(next(starting, refused, never, 9_000), { kind: "starting" }, never, 9_000);
    const runs = next(again, { kind: "started", process }, never, 10_000);
    expect(runs).toMatchObject({ reason: expect.stringContaining("fenced before"), restarts: 5 });
    expect(next(runs, ended(1), never, 11_000)).toMatchObject({ state: { kind: "failed" } });
  });

  test("does not start again where it is to go", () => {
    const leaving = next(running(), { kind: "unwanted", reason: "moved" }, never, 1_000);
    expect(next(leaving, fenced, never, 9_000).state).toMatchObject({ step: "removing", afterwards: "gone" });
  });
});

test.each([
  [{ code: 0, outOfMemory: false }, "exited with code 0"],
  [{ code: 127, outOfMemory: false }, "exited with code 127"],
  [{ code: 137, outOfMemory: false }, "killed by SIGKILL"],
  [{ code: 137, outOfMemory: true }, "killed: out of memory; raise `resources.memory` or use less"],
  [{ code: 0, outOfMemory: true }, "exited with code 0"],
  [
    { code: 1, outOfMemory: true },
    "exited with code 1 after one of its processes was killed: out of memory; raise `resources.memory` or use less",
  ],
  [{ code: 143, outOfMemory: false }, "killed by SIGTERM"],
  [{ code: 255, outOfMemory: false }, "exited with code 255"],
  [{ outOfMemory: false }, "ended with its monitor; exit code unknown"],
])("%j is %s", (ending, words) => {
  expect(describeEnding(ending)).toBe(words);
});

test("no event makes a delay longer than the bound, nor an instance leave the way out", () => {
  const events = fc.constantFrom(
    { kind: "pulling" as const },
    { kind: "starting" as const },
    { kind: "started" as const, process },
    { kind: "start-failed" as const, reason: "no" },
    ended(1),
    { kind: "vanished" as const },
    { kind: "unresponsive" as const, reason: "no" },
    { kind: "due" as const },
    { kind: "clock-set-back" as const },
    { kind: "unwanted" as const, reason: "no" },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(events, fc.integer({ min: -5_000, max: 5_000 })), { maxLength: 60 }),
      (steps) => {
        let life = newLife(0);
        let now = 0;
        let isLeaving = false;
        for (const [event, pause] of steps) {
          now += pause;
          life = next(life, event, policy, now);
          isLeaving ||= event.kind === "unwanted";
          if (life.state.kind === "backoff")
            expect(life.state.until - life.since).toBeLessThanOrEqual(instanceLimits.restartDelayMaxMs);
          if (isLeaving) expect(life.state).toMatchObject({ kind: "stopping", afterwards: "gone" });
        }
      },
    ),
  );
});
