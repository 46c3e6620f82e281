import { expect, test } from "@jest/globals";
import { createRarely } from "./rarely.ts";

test("a key passes once in its time, others beside it, and only so many are remembered", () => {
  let now = 0;
  const rarely = createRarely(1_000, 2, () => now);
  expect(["a", "a", "b", "a"].map(rarely)).toEqual([true, false, true, false]);
  now = 999;
  expect(rarely("a")).toBe(false);
  now = 1_000;
  expect(rarely("a")).toBe(true);
  expect(["c", "d", "a"].map(rarely)).toEqual([true, true, true]);
});
