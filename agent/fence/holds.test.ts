import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { keepConfirmed } from "../serving/index.ts";
import { type HoldsPorts, openHolds } from "./holds.ts";
import { leaseLimits } from "./lease.ts";

const { leaseMs, startMs } = leaseLimits;
const exclusive = { isExclusive: true };
const signal = new AbortController().signal;
let folder: string;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holds-"));
  now = 100_000;
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more: Partial<HoldsPorts> = {}) =>
  openHolds({
    ...{ file: join(folder, "fence.json"), bootId: "boot-1", now: () => now },
    ...{ isGuarded: () => true, onTrouble: () => {} },
    ...more,
  });
const written = () => JSON.parse(readFileSync(join(folder, "fence.json"), "utf8")).holds;

describe("an exclusive instance", () => {
  test("starts only with a leader's word in force, whatever other servers answer", () => {
    const holds = open();
    holds.hold("a", exclusive);
    holds.heard(now);
    expect(() => holds.requireGranted("a")).toThrow("no leader confirms");
    holds.heard(now, { ids: ["a"], ageMs: 0 });
    expect(() => holds.requireGranted("a")).not.toThrow();
    now += leaseMs - startMs + 1;
    expect(() => holds.requireGranted("a")).toThrow("no leader confirms");
  });

  test("does not start where no guard could end it", () => {
    const holds = open({ isGuarded: () => false });
    holds.heard(now, { ids: ["a"], ageMs: 0 });
    holds.hold("a", exclusive);
    expect(() => holds.requireGranted("a")).toThrow("no guard runs here");
  });

  test("waits for its word", async () => {
    const holds = open();
    const reasons: string[] = [];
    const granted = holds.untilGranted("a", exclusive, signal, (why) => reasons.push(why));
    expect(holds.isNeeded()).toBe(true);
    holds.heard(now, { ids: ["a"], ageMs: 0 });
    await granted;
    expect([reasons.length, holds.isNeeded()]).toEqual([1, false]);
  });

  test("waits at rest beside another one, where each question is answered at once by one who does not lead", async () => {
    const holds = open();
    let questions = 0;
    holds.onNeed(() => {
      questions += 1;
      if (questions < 100) holds.heard(now);
    });
    const both = ["a", "b"].map((id) => holds.untilGranted(id, exclusive, signal, () => {}));
    await nextTurn();
    expect(questions).toBe(2);
    holds.heard(now, { ids: ["a", "b"], ageMs: 0 });
    await Promise.all(both);
  });

  test("has its deadline from when the heartbeat was sent; words that come late take nothing back", () => {
    const holds = open();
    holds.hold("a", exclusive);
    expect(written()).toEqual({ a: { exclusive: true, deadlineMs: 0 } });
    holds.heard(now, { ids: ["a"], ageMs: 300 });
    holds.heard(now - 2_000, { ids: ["a"], ageMs: 0 });
    expect(written()).toEqual({ a: { exclusive: true, deadlineMs: now + leaseMs - 300 } });
    holds.heard(now + 500);
    expect(written().a.deadlineMs).toBe(now + leaseMs - 300);
  });
});

test("the next agent goes on with the same deadlines, but for those of an earlier boot", () => {
  const first = open();
  first.heard(now, { ids: ["a", "c"], ageMs: 0 });
  first.hold("a", exclusive);
  first.hold("b", { isExclusive: false, stopAfterMs: 60_000 });
  first.hold("c", { isExclusive: true, stopAfterMs: 5_000 });
  const before = written();
  const next = open();
  next.hold("d", exclusive);
  expect(written()).toEqual({ ...before, d: { exclusive: true, deadlineMs: 0 } });
  next.release("d");
  expect(written()).toEqual(before);
  expect(() => next.requireGranted("a")).not.toThrow();
  expect(open({ bootId: "boot-2" }).isNeeded()).toBe(false);
});

test("stopAfter counts from the last answer of any server that is not cut off itself", () => {
  const holds = open();
  holds.heard(now);
  holds.hold("a", { isExclusive: false, stopAfterMs: 60_000 });
  expect(written().a.deadlineMs).toBe(now + 60_000);
  now += 30_000;
  holds.heard(now);
  expect(written().a.deadlineMs).toBe(now + 60_000);
  now += 60_000;
  holds.heard(now, undefined, true);
  expect(() => holds.requireGranted("a")).toThrow("`disconnect.stopAfter` is over");
  holds.heard(now);
  expect(() => holds.requireGranted("a")).not.toThrow();
});

test("where the server is in this process, it is asked before a deadline is written, and not while nobody needs it", async () => {
  const holds = open();
  const ending = new AbortController();
  let words = 0;
  const confirm = () => {
    words += 1;
    return { ids: ["a"], ageMs: 0 };
  };
  const server = { confirm, isStranded: () => false };
  const keeping = keepConfirmed(server, holds, () => now, ending.signal);
  expect(words).toBe(0);
  now += 3_600_000;
  holds.hold("b", { isExclusive: false, stopAfterMs: 5_000 });
  expect(written().b.deadlineMs).toBe(now + 5_000);
  await holds.untilGranted("a", exclusive, ending.signal, () => {
    throw new Error("it had to wait");
  });
  ending.abort();
  await keeping;
});

test("a time that was up is remembered for a moment, also by the next agent; of what is gone, not at all", () => {
  const holds = open();
  holds.heard(now, { ids: ["a", "b"], ageMs: 0 });
  for (const id of ["a", "b"]) holds.hold(id, exclusive);
  now += leaseMs;
  const next = open();
  for (const one of [holds, next]) {
    expect([one.isOverdue("a"), one.wasOverdue("a")]).toEqual([true, true]);
    one.heard(now, { ids: ["a", "b"], ageMs: 0 });
    expect([one.isOverdue("a"), one.wasOverdue("a")]).toEqual([false, true]);
  }
  next.release("b");
  expect(next.wasOverdue("b")).toBe(false);
  for (let beat = 0; beat < 10; beat++) {
    now += 1_000;
    next.heard(now, { ids: ["a"], ageMs: 0 });
  }
  expect(next.wasOverdue("a")).toBe(false);
});
