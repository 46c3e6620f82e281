import { expect, test } from "@jest/globals";
import { reportSimulate } from "./report.ts";
import type { Figures, Phase } from "./types.ts";

const phase: Phase = {
  ...{ seconds: 12.34, hasConverged: true, running: 1_000 },
  ...{ assignmentsPerSecond: 20, observationsPerSecond: 10, processor: { agent: 5, etcd: 2.25, hosts: 4 } },
};
const figures: Figures = {
  ...{ hosts: 50, instances: 1_000, dead: 5, joinSeconds: 3, placed: phase, replaced: phase, breaks: 0 },
  writesAgain: 0,
  memory: { agent: 150e6, etcd: 60e6 },
};
const metrics = (given: Figures) => reportSimulate(given).comparisons.map(({ metric }) => metric);
const cells = (given: Figures) => reportSimulate(given).table.rows.flat();

test("what converged has a time", () => {
  expect(metrics(figures)).toEqual(expect.arrayContaining(["place.seconds", "replace.seconds"]));
  expect(cells(figures)).toEqual(expect.arrayContaining(["12.3", "5.0, 2.3, 4.0"]));
});

test("what did not has none, and says how far it came", () => {
  const short: Figures = {
    ...figures,
    replaced: { ...phase, hasConverged: false, running: 900, seconds: 60 },
  };
  expect(metrics(short)).not.toContain("replace.seconds");
  expect(reportSimulate(short).comparisons).toContainEqual(
    expect.objectContaining({ metric: "replace.missing", value: 100, peer: "none" }),
  );
  expect(cells(short)).toEqual(expect.arrayContaining(["not within 60", "900"]));
  expect(cells({ ...short, replaced: undefined })).toContain("not measured");
});
