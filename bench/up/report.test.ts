import { expect, test } from "@jest/globals";
import { reportUps } from "./report.ts";

const sample = (contender: "constellation" | "empty-provider", phase: "first" | "noop", seconds: number) => ({
  ...{ contender, phase, seconds },
});

test("medians are compared, a ratio above 1 means that we are faster", () => {
  const { comparisons } = reportUps(
    [
      sample("constellation", "first", 20),
      sample("empty-provider", "first", 5),
      ...[2, 9, 2.5].map((seconds) => sample("constellation", "noop", seconds)),
      ...[2, 2, 8].map((seconds) => sample("empty-provider", "noop", seconds)),
    ],
    100,
  );
  const rest = { bench: "up", unit: "s", peer: "empty-provider" };
  expect(comparisons).toEqual([
    { ...rest, metric: "up.first", value: 20, peerValue: 5, ratio: 0.25 },
    { ...rest, metric: "up.noop", value: 2.5, peerValue: 2, ratio: 0.8 },
  ]);
});
