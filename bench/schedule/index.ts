/**
 * How fast and how well instances are placed: decisions in a full cluster, durable placements, hosts a batch takes.
 * Invariant: the scheduler, the leader's writing and the store are the product's own; nothing of them is bypassed.
 * No host runs anything: what a start costs is another benchmark's.
 */
import type { Benchmark, Knob } from "../types.ts";
import { measureCommits } from "./commits.ts";
import { measureDecisions } from "./decisions.ts";
import { measureNaive } from "./naive.ts";
import { measurePacking } from "./packing.ts";
import { measureSettledPass } from "./pass.ts";
import { reportSchedule } from "./report.ts";

type ScheduleKnobs = { readonly hosts: Knob; readonly density: Knob; readonly batches: Knob };

export const schedule: Benchmark<ScheduleKnobs> = {
  name: "schedule",
  summary: "decisions and durable placements a second in a large cluster, and how densely batches are packed",
  knobs: {
    hosts: { about: "how many hosts", usual: 5_000 },
    density: { about: "instances a host", usual: 10 },
    batches: { about: "how many batches are packed", usual: 200 },
  },
  async run({ knobs: { hosts, density, batches }, onProgress }) {
    const sizes = { hosts, instances: hosts * density };
    onProgress(`deciding on ${sizes.instances} instances`);
    const decisions = measureDecisions(sizes);
    onProgress("a plain scan");
    const naive = measureNaive(sizes);
    onProgress("a pass over a settled cluster");
    const settledPassMs = measureSettledPass(sizes);
    onProgress("storing placements");
    const stored = await measureCommits(sizes);
    onProgress(`packing ${batches} batches`);
    return reportSchedule({
      ...{ sizes, decisions, naive, settledPassMs, ...stored, batches },
      packing: measurePacking(batches),
    });
  },
};
