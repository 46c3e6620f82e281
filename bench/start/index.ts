/**
 * How long a service takes to have one more replica, beside the bare runtimes and podman: from the request to the
 * workload's first instruction, agent warm, image unpacked.
 * Invariant: everything runs in a throw-away machine; the workload, its limits and its image are the same for all.
 */
import { mkdir } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Machine } from "../../test/lab/index.ts";
import { bringAgentUp, guardProgram, isInstalled, startBenchMachine } from "../machine.ts";
import { type Benchmark, type Knob, type RunOptions, runsKnob } from "../types.ts";
import { buildImage } from "./image.ts";
import { reportStarts } from "./report.ts";
import { peers, type Sample, type Setting } from "./types.ts";

const measure = join(import.meta.dirname, "measure.ts");
/** As nice(1) counts. */
const raisedPriority = -10;
const complaintLength = 4_000;

type StartKnobs = { readonly runs: Knob };

export const start: Benchmark<StartKnobs> = {
  name: "start",
  summary: "one more replica, to its first instruction; beside crun, runc and podman",
  knobs: { runs: runsKnob(50) },
  async run(options) {
    raisePriority();
    await using machine = await startBenchMachine("start");
    const folder = join(machine.root, "bench");
    await mkdir(folder);
    options.onProgress("building the workload and its image");
    const { reference, root: layer } = await buildImage(folder);
    options.onProgress("starting an agent");
    const agentRoot = await bringAgentUp(machine);
    const installed = peers.filter(isInstalled);
    const setting = {
      agentRoot,
      folder,
      layer,
      image: reference,
      peers: installed,
      runs: options.knobs.runs,
    };
    return reportStarts(await collect(machine, setting, options));
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

async function collect(
  machine: Machine,
  setting: Setting,
  options: RunOptions<StartKnobs>,
): Promise<Sample[]> {
  const child = await machine.spawn([
    ...[guardProgram, "enter", "--root", setting.agentRoot, "--"],
    ...[process.execPath, "--disable-warning=ExperimentalWarning", measure, JSON.stringify(setting)],
  ]);
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString("utf8")}`.slice(-complaintLength);
  });
  const samples: Sample[] = [];
  options.onProgress("warming up");
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const sample = JSON.parse(line) as Sample;
      samples.push(sample);
      options.onProgress(`sample ${samples.length}: ${sample.contender} ${sample.ms.toFixed(1)} ms`);
    }
  }
  const { code } = await child.exited;
  if (code === 0) return samples;
  throw new Error(`bench start: the measuring process ended with ${code}: ${complaints.trim()}`);
}
