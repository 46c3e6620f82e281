/**
 * Whether anything grows: services are made, scaled, changed and deleted at random for ten minutes, and what the agent,
 * its store and the kernel hold is followed all the time.
 * Invariant: the same seed makes the same changes; each one is waited for, so what is counted is at rest.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Machine } from "../../test/lab/index.ts";
import { type BenchCluster, openCluster } from "../cluster.ts";
import { imageLayout, imageTag } from "../image.ts";
import { bringAgentUp, startBenchMachine } from "../machine.ts";
import type { Benchmark, Knob } from "../types.ts";
import { objectsOf, vitalsOf } from "./observe.ts";
import { plan } from "./plan.ts";
import { reportChurn } from "./report.ts";
import type { Change, Objects, Vitals, Wanted } from "./types.ts";

const limits = { settleMs: 120_000, emptyMs: 30_000, lookMs: 500 };
const image = `oci:${imageLayout}:${imageTag}`;
const warmUp = "churn-warm";

type ChurnKnobs = { readonly minutes: Knob; readonly seed: Knob };

export const churn: Benchmark<ChurnKnobs> = {
  name: "churn",
  summary: "random changes for minutes: what the agent, its store and the kernel hold must not grow",
  knobs: {
    minutes: { about: "how long", usual: 10, divisible: true },
    seed: { about: "which changes", usual: 1 },
  },
  async run({ knobs: { minutes, seed }, onProgress }) {
    await using machine = await startBenchMachine("churn");
    onProgress("starting an agent");
    const agentRoot = await bringAgentUp(machine);
    const cluster = await openCluster(agentRoot);
    const uploaded = await cluster.upload(image);
    const inputsOf = (one: { readonly replicas: number; readonly generation: number }) => ({
      ...uploaded,
      command: ["sleep", "1000000"],
      env: { GENERATION: String(one.generation) },
      replicas: one.replicas,
      resources: { cpu: 0.001, memory: "4Mi" },
      stopSignal: "SIGKILL",
      update: { minHealthyTime: "0s" },
    });
    // What the first instance ever makes stays on purpose: unpacked layers, compiled filters, the network's anchor.
    await cluster.put(warmUp, inputsOf({ replicas: 8, generation: 1 }));
    await cluster.settled(8, limits.settleMs);
    await cluster.remove(warmUp);
    await cluster.settled(0, limits.settleMs);
    const before = await restingObjects(machine, undefined);

    const vitals: Vitals[] = [];
    const started = performance.now();
    let wanted: Wanted = new Map();
    for (const next of plan(seed)) {
      const atSeconds = (performance.now() - started) / 1_000;
      if (atSeconds > minutes * 60) break;
      ({ wanted } = next);
      await perform(cluster, next.change, wanted, inputsOf);
      vitals.push({ atSeconds, ...vitalsOf(machine, agentRoot) });
      onProgress(`${vitals.length} changes in ${atSeconds.toFixed(0)} s: ${sayVitals(vitals.at(-1))}`);
    }
    for (const service of wanted.keys()) await cluster.remove(service);
    await cluster.settled(0, limits.settleMs);
    const after = await restingObjects(machine, before);
    return reportChurn({ minutes, changes: vitals.length, vitals, before, after });
  },
};

async function perform(
  cluster: BenchCluster,
  change: Change,
  wanted: Wanted,
  inputsOf: (one: { readonly replicas: number; readonly generation: number }) => Record<string, unknown>,
): Promise<void> {
  const now = wanted.get(change.service);
  if (now === undefined) await cluster.remove(change.service);
  else await cluster.put(change.service, inputsOf(now));
  const total = [...wanted.values()].reduce((sum, { replicas }) => sum + replicas, 0);
  await cluster.settled(total, limits.settleMs);
}

/** Once they are as few as `wanted`, or do not change any more: the kernel takes its time with what is left. */
async function restingObjects(machine: Machine, wanted: Objects | undefined): Promise<Objects> {
  const deadline = performance.now() + limits.emptyMs;
  let last = await objectsOf(machine);
  for (;;) {
    await delay(limits.lookMs);
    const now = await objectsOf(machine);
    const isAtRest = wanted === undefined ? isSame(last, now) : isWithin(now, wanted);
    if (isAtRest || performance.now() > deadline) return now;
    last = now;
  }
}

function isSame(one: Objects, other: Objects): boolean {
  return isWithin(one, other) && isWithin(other, one);
}

function isWithin(objects: Objects, most: Objects): boolean {
  return (Object.keys(most) as (keyof Objects)[]).every((name) => objects[name] <= most[name]);
}

function sayVitals(vitals: Vitals | undefined): string {
  if (vitals === undefined) return "";
  const { rss, descriptors, etcdDisk } = vitals;
  return `agent ${(rss / 1e6).toFixed(0)} MB, ${descriptors} files; store ${(etcdDisk / 1e6).toFixed(0)} MB`;
}
