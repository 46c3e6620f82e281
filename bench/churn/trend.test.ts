import { expect, test } from "@jest/globals";
import { trendOf } from "./trend.ts";

const points = (valueAt: (second: number) => number) =>
  Array.from({ length: 100 }, (_, second) => ({ atSeconds: second, value: valueAt(second) }));

test("what stays is flat, however it varies", () => {
  const trend = trendOf(
    points((second) => 80 + (second % 7)),
    2,
  );
  expect(trend.isFlat).toBe(true);
  expect(Math.abs(trend.perHour)).toBeLessThan(60);
});

test("what grows is not, and by how much an hour is said", () => {
  const trend = trendOf(
    points((second) => 80 + second / 10),
    2,
  );
  expect(trend.isFlat).toBe(false);
  expect(trend.perHour).toBeCloseTo(360);
  expect(trend.last).toBeGreaterThan(trend.first);
});

test("the warm-up does not count", () => {
  expect(
    trendOf(
      points((second) => (second < 24 ? 10 : 80)),
      2,
    ),
  ).toMatchObject({ first: 80, last: 80 });
});
