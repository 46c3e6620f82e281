import { expect, test } from "@jest/globals";
import { reportChurn } from "./report.ts";
import type { Objects } from "./types.ts";

const none: Objects = { processes: 5, mounts: 20, devices: 2, namespaces: 1, cgroups: 9, elements: 12 };
const vitals = (growth: number) =>
  Array.from({ length: 60 }, (_, second) => ({
    ...{ atSeconds: second, rss: (80 + growth * second) * 1e6, own: 30e6, descriptors: 40, threads: 11 },
    ...{ etcdRss: 40e6, etcdDisk: 65e6 },
  }));
const churned = (growth: number, after: Objects) => ({
  ...{ minutes: 1, changes: 60, vitals: vitals(growth), before: none, after },
});

test("what stayed is flat", () => {
  const { comparisons, table } = reportChurn(churned(0, none));
  expect(table.title).toBe("churn: 60 changes in 1 minutes; flat");
  expect(comparisons.map(({ value }) => value)).toEqual(comparisons.map(() => 0));
});

test("what has grown, and what is left, is named", () => {
  const { comparisons, table } = reportChurn(churned(0.5, { ...none, mounts: 21 }));
  expect(table.title).toMatch(/grown: agent, RSS, mounts$/);
  expect(comparisons).toContainEqual(expect.objectContaining({ metric: "mounts.left", value: 1 }));
});
