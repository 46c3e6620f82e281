import { expect, test } from "@jest/globals";
import { idleShare, parseTicks } from "./idle.ts";

test("parseTicks adds up the first line, without the time of guests", () => {
  const stat = "cpu  10 1 5 100 20 2 3 4 9 9\ncpu0 10 1 5 100 20 2 3 4 9 9\n";
  expect(parseTicks(stat)).toEqual({ idle: 120, total: 145 });
});

test("idleShare is that of the time between; no time at all counts as idle", () => {
  const before = { idle: 100, total: 200 };
  expect(idleShare(before, { idle: 109, total: 212 })).toBe(0.75);
  expect(idleShare(before, before)).toBe(1);
});
