/**
 * How long a service takes to have one more replica, beside the bare runtimes and podman: from the request to the
 * workload's first instruction, agent warm, image unpacked.
 * Invariant: everything runs in a throw-away machine; the workload, its limits and its image are the same for all.
 */
import { join } from "node:path";
import { isInstalled, startBenchMachine } from "../machine.ts";
import { raisePriority } from "../priority.ts";
import { collectSamples } from "../samples.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { prepareWorkload } from "../workload/prepare.ts";
import { reportStarts } from "./report.ts";
import { peers, type Sample } from "./types.ts";

const program = join(import.meta.dirname, "measure.ts");

type StartKnobs = { readonly runs: Knob };

export const start: Benchmark<StartKnobs> = {
  name: "start",
  summary: "one more replica, to its first instruction; beside crun, runc and podman",
  knobs: { runs: runsKnob(50) },
  async run({ knobs, onProgress }) {
    raisePriority();
    await using machine = await startBenchMachine("start");
    const prepared = await prepareWorkload(machine, onProgress);
    const setting = { ...prepared, ...knobs, peers: peers.filter(isInstalled) };
    const samples = await collectSamples<Sample>(
      { bench: "start", machine, agentRoot: prepared.agentRoot, program, setting, onProgress },
      ({ contender, load, ms }) => `${contender}, ${load}: ${ms.toFixed(1)} ms`,
    );
    return reportStarts(samples);
  },
};
