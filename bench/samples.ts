import { createInterface } from "node:readline";
import type { Machine } from "../test/lab/index.ts";
import { guardProgram } from "./machine.ts";

export interface Measuring {
  /** The benchmark's name, for errors. */
  readonly bench: string;
  readonly machine: Machine;
  readonly agentRoot: string;
  /** Runs in the machine, in the mount namespace of the agent there, so that all contenders see the same cgroup tree. */
  readonly program: string;
  /** Its one argument, as JSON. */
  readonly setting: object;
  readonly onProgress: (phrase: string) => void;
}

const complaintLength = 4_000;

/** Runs a measuring process, which prints a sample a line. Rejects with its last words where it fails. */
export async function collectSamples<Sample>(
  measuring: Measuring,
  describe: (sample: Sample) => string,
): Promise<Sample[]> {
  const { bench, machine, agentRoot, program, setting, onProgress } = measuring;
  const child = await machine.spawn([
    ...[guardProgram, "enter", "--root", agentRoot, "--"],
    ...[process.execPath, "--disable-warning=ExperimentalWarning", program, JSON.stringify(setting)],
  ]);
  let complaints = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString("utf8")}`.slice(-complaintLength);
  });
  const samples: Sample[] = [];
  onProgress("warming up");
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const sample = JSON.parse(line) as Sample;
      samples.push(sample);
      onProgress(`sample ${samples.length}: ${describe(sample)}`);
    }
  }
  const { code } = await child.exited;
  if (code === 0) return samples;
  throw new Error(`bench ${bench}: the measuring process ended with ${code}: ${complaints.trim()}`);
}
