/**
 * What the machine gives for the agent and for each instance: memory, and the processor time of a hundred instances
 * that do nothing.
 * Invariant: everything runs in a throw-away machine, and what the kernel uses is counted as well, in that machine
 * alone. The workload is subtracted by measuring the same processes without any container.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bringAgentUp, isInstalled, startBenchMachine } from "../machine.ts";
import { memoryOf, processorMs } from "../processes.ts";
import type { Benchmark, Knob, RunOptions } from "../types.ts";
import { createBare } from "./bare.ts";
import { createConstellation } from "./constellation.ts";
import { createPodman } from "./podman.ts";
import { reportFootprint } from "./report.ts";
import type { Figures, Party } from "./types.ts";

const idleInstances = 2;

type FootprintKnobs = { readonly instances: Knob; readonly seconds: Knob; readonly settle: Knob };

export const footprint: Benchmark<FootprintKnobs> = {
  name: "footprint",
  summary: "memory of an instance and of the agent, processor time of idle instances; beside podman",
  knobs: {
    instances: { about: "how many instances each side runs", usual: 100 },
    seconds: { about: "how long they are watched doing nothing", usual: 60 },
    settle: { about: "seconds after a change until what it left in flight is over", usual: 8 },
  },
  async run({ knobs, onProgress }) {
    const ours = await measureOurs(knobs, onProgress);
    const bare = await measureParty("bare processes", createBare, knobs, onProgress);
    const podman = isInstalled("podman")
      ? await measureParty("podman", createPodman, knobs, onProgress)
      : undefined;
    return reportFootprint({ ...ours, ...knobs, bare, ...(podman && { podman }) });
  },
};

type Chosen = RunOptions<FootprintKnobs>["knobs"];
type Ours = Pick<Figures, "idle" | "full" | "ours" | "usedMs" | "probedMs">;

async function measureOurs(
  { instances, seconds, settle }: Chosen,
  onProgress: (phrase: string) => void,
): Promise<Ours> {
  await using machine = await startBenchMachine("footprint");
  onProgress("starting an agent");
  const service = await createConstellation(await bringAgentUp(machine));
  await service.scale(idleInstances);
  await delay(settle * 1_000);
  const idle = memoryOf(machine);
  onProgress(`running ${instances} instances`);
  await service.scale(idleInstances + instances);
  await delay(settle * 1_000);
  onProgress(`watching ${idleInstances + instances} instances for ${seconds} s`);
  const usedMs = await usedDuring(machine, seconds);
  const full = memoryOf(machine);
  onProgress("replacing them by instances whose health is probed");
  await service.probe(idleInstances + instances);
  await delay(settle * 1_000);
  onProgress(`watching them for ${seconds} s`);
  const probedMs = await usedDuring(machine, seconds);
  return { idle, full, ours: { before: idle, after: full }, usedMs, probedMs };
}

/** Processor time of each program over so many seconds, in milliseconds. */
async function usedDuring(machine: Party["machine"], seconds: number): Promise<Record<string, number>> {
  const before = processorMs(machine);
  await delay(seconds * 1_000);
  const used = Object.entries(processorMs(machine)).map(([program, ms]) => [
    program,
    ms - (before[program] ?? 0),
  ]);
  return Object.fromEntries(used);
}

/** Memory before and after so many more workloads; one of them is there all the time, so that all is warm. */
async function measureParty(
  name: string,
  create: (machine: Party["machine"], folder: string) => Promise<Party>,
  { instances, settle }: Pick<Chosen, "instances" | "settle">,
  onProgress: (phrase: string) => void,
) {
  onProgress(`running ${instances} of ${name}`);
  await using machine = await startBenchMachine("footprint");
  const party = await create(machine, join(machine.root, "party"));
  await party.add(0);
  await delay(settle * 1_000);
  const before = memoryOf(machine);
  const numbers = Array.from({ length: instances }, (_, index) => index + 1);
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) await party.add(number);
  });
  await Promise.all(workers);
  await delay(settle * 1_000);
  return { before, after: memoryOf(machine) };
}
