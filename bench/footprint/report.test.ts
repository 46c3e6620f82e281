import { expect, test } from "@jest/globals";
import type { Memory } from "../processes.ts";
import { reportFootprint } from "./report.ts";

const mebibyte = 2 ** 20;
const memory = (pssMib: number, kernelMib: number): Memory => ({
  programs: { agent: { rss: 80e6, pss: pssMib * mebibyte, own: 30e6 } },
  kernel: kernelMib * mebibyte,
  files: 0,
});
const figures = {
  ...{ instances: 10, seconds: 60, idle: memory(50, 1), full: memory(75, 6), usedMs: { agent: 300 } },
  probedMs: { agent: 900 },
  ours: { before: memory(50, 1), after: memory(75, 6) },
  bare: { before: memory(0, 0), after: memory(15, 5) },
  podman: { before: memory(0, 0), after: memory(40, 10) },
};

test("what the workload takes without a container is taken off both sides", () => {
  const [first, ...rest] = reportFootprint(figures).comparisons;
  expect(first).toMatchObject({
    metric: "instance.memory",
    value: 1,
    peer: "podman",
    peerValue: 3,
    ratio: 3,
  });
  expect(rest).toContainEqual(
    expect.objectContaining({ metric: "agent.cpu.10", value: 0.5, peer: "goal", peerValue: 1, ratio: 2 }),
  );
  expect(rest).toContainEqual(
    expect.objectContaining({ metric: "agent.cpu.10.probed", value: 1.5, peer: "none" }),
  );
});

test("without podman its place is empty", () => {
  const { podman: _, ...alone } = figures;
  expect(reportFootprint(alone).comparisons[0]).toMatchObject({ peer: "none", ratio: null });
});
