/**
 * How long a service takes from no instance to many, all of them healthy, beside podman and bare crun at their best
 * concurrency.
 * Invariant: everything runs in a throw-away machine, with the same workload and limits for both; nothing is
 * extrapolated: every container is a real one.
 */
import { join } from "node:path";
import { isInstalled, startBenchMachine } from "../machine.ts";
import { raisePriority } from "../priority.ts";
import { collectSamples } from "../samples.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { prepareWorkload } from "../workload/prepare.ts";
import { reportScale } from "./report.ts";
import { peers, type Sample, type Setting } from "./types.ts";

const program = join(import.meta.dirname, "measure.ts");

type ScaleKnobs = { readonly runs: Knob; readonly instances: Knob };

export const scale: Benchmark<ScaleKnobs> = {
  name: "scale",
  summary:
    "a service from no instance to a hundred, all healthy; beside podman and crun at their best concurrency",
  knobs: { runs: runsKnob(4), instances: { about: "how many instances are started", usual: 100 } },
  async run({ knobs, onProgress }) {
    raisePriority();
    await using machine = await startBenchMachine("scale");
    const prepared = await prepareWorkload(machine, onProgress);
    const setting: Setting = { ...prepared, ...knobs, peers: peers.filter(isInstalled) };
    const samples = await collectSamples<Sample>(
      { bench: "scale", machine, agentRoot: prepared.agentRoot, program, setting, onProgress },
      ({ contender, concurrency, seconds }) =>
        `${contender}${concurrency === undefined ? "" : `, ${concurrency} at once`}: ${seconds.toFixed(2)} s`,
    );
    return reportScale(samples, knobs.instances);
  },
};
