/**
 * How long a service takes to have one more replica, beside the bare runtimes and podman: from the request to the
 * workload's first instruction, agent warm, image unpacked.
 * Invariant: everything runs in a throw-away machine; the workload, its limits and its image are the same for all.
 */
import { mkdir } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import { bringAgentUp, isInstalled, startBenchMachine } from "../machine.ts";
import { collectSamples } from "../samples.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { buildImage } from "../workload/image.ts";
import { reportStarts } from "./report.ts";
import { peers, type Sample } from "./types.ts";

const program = join(import.meta.dirname, "measure.ts");
/** As nice(1) counts. */
const raisedPriority = -10;

type StartKnobs = { readonly runs: Knob };

export const start: Benchmark<StartKnobs> = {
  name: "start",
  summary: "one more replica, to its first instruction; beside crun, runc and podman",
  knobs: { runs: runsKnob(50) },
  async run({ knobs, onProgress }) {
    raisePriority();
    await using machine = await startBenchMachine("start");
    const folder = join(machine.root, "bench");
    await mkdir(folder);
    onProgress("building the workload and its image");
    const { reference, root: layer } = await buildImage(folder);
    onProgress("starting an agent");
    const agentRoot = await bringAgentUp(machine);
    const installed = peers.filter(isInstalled);
    const setting = {
      agentRoot,
      folder,
      layer,
      image: reference,
      peers: installed,
      runs: knobs.runs,
    };
    const samples = await collectSamples<Sample>(
      { bench: "start", machine, agentRoot, program, setting, onProgress },
      ({ contender, load, ms }) => `${contender}, ${load}: ${ms.toFixed(1)} ms`,
    );
    return reportStarts(samples);
  },
};

/** For this process and all it starts, that is every contender alike: others that use the machine spoil fewer samples. */
function raisePriority(): void {
  try {
    setPriority(raisedPriority);
  } catch {
    // Not allowed here: the samples are noisier, and no less fair.
  }
}
