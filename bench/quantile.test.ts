import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { quantile } from "./quantile.ts";

test.each([
  [[5], 0.99, 5],
  [[4, 1, 3, 2], 0.5, 2],
  [[4, 1, 3, 2], 0, 1],
  [[4, 1, 3, 2], 1, 4],
  [Array.from({ length: 100 }, (_, index) => index + 1), 0.99, 99],
  [Array.from({ length: 200 }, (_, index) => index + 1), 0.99, 198],
])("of %j at %d is %d", (values, share, wanted) => {
  expect(quantile(values, share)).toBe(wanted);
});

test("of nothing is not a number", () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test("is a measured value, with at least that share of all values at or below it", () => {
  const samples = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const found = quantile(values, share);
      expect(values).toContain(found);
      const below = values.filter((value) => value <= found).length;
      expect(below / values.length).toBeGreaterThanOrEqual(share - 1e-9);
    }),
  );
});
