import { expect, test } from "@jest/globals";
import { reportScale } from "./report.ts";
import type { Peer } from "./types.ts";

const peer = (contender: Peer, concurrency: number, seconds: number) => ({ contender, concurrency, seconds });
const ours = (seconds: number) => ({ contender: "constellation" as const, seconds });

test("a peer's best concurrency is the one that counts", () => {
  const { comparisons, table } = reportScale(
    [ours(2), peer("podman", 1, 30), ours(1), peer("podman", 4, 12), peer("crun", 4, 1), ours(4)],
    100,
  );
  const figure = { bench: "scale", metric: "scale", value: 2, unit: "s" };
  expect(comparisons).toEqual([
    { ...figure, peer: "crun", peerValue: 1, ratio: 0.5 },
    { ...figure, peer: "podman", peerValue: 12, ratio: 6 },
  ]);
  expect(table.rows).toEqual([
    ["constellation", "3", "1.00", "2.00", ""],
    ["crun, 4 at once", "1", "1.00", "1.00", "0.50"],
    ["podman, 1 at once", "1", "30.00", "30.00", "15.00"],
    ["podman, 4 at once", "1", "12.00", "12.00", "6.00"],
  ]);
  expect(table.notes.at(-1)).toMatch(/fewer than 4 runs/);
});

test("without peers there is a figure and no ratio", () => {
  const { comparisons, table } = reportScale([ours(2)], 100);
  expect(comparisons).toMatchObject([{ value: 2, peer: "none", ratio: null }]);
  expect(table.notes.filter((note) => note.includes("not installed"))).toHaveLength(2);
});
