import { expect, test } from "@jest/globals";
import { reportScale } from "./report.ts";

const podman = (concurrency: number, seconds: number) => ({
  contender: "podman" as const,
  concurrency,
  seconds,
});
const ours = (seconds: number) => ({ contender: "constellation" as const, seconds });

test("podman's best concurrency is the one that counts", () => {
  const { comparisons, table } = reportScale([ours(2), podman(1, 30), ours(1), podman(4, 12), ours(4)], 100);
  expect(comparisons).toEqual([
    { bench: "scale", metric: "scale", value: 2, unit: "s", peer: "podman", peerValue: 12, ratio: 6 },
  ]);
  expect(table.rows).toEqual([
    ["constellation", "3", "1.00", "2.00", ""],
    ["podman, 1 at once", "1", "30.00", "30.00", "15.00"],
    ["podman, 4 at once", "1", "12.00", "12.00", "6.00"],
  ]);
  expect(table.notes[1]).toMatch(/fewer than 4 runs/);
});

test("without podman there is a figure and no ratio", () => {
  expect(reportScale([ours(2)], 100).comparisons).toMatchObject([{ value: 2, peer: "none", ratio: null }]);
});
