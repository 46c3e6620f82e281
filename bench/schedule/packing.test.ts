import { expect, test } from "@jest/globals";
import { measurePacking } from "./packing.ts";

test("200 batches: never more hosts than best-fit-decreasing, all together at most 4 % above the optimum", () => {
  const { ours, bestFitDecreasing, optimum, worse } = measurePacking(200);
  expect(worse).toBe(0);
  expect(ours).toBeLessThanOrEqual(bestFitDecreasing);
  expect(ours / optimum).toBeLessThan(1.04);
}, 60_000);
