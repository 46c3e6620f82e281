/**
 * A large cluster on one machine: the agent, its store and leader as they are shipped, and hosts that speak to them as real
 * ones do: what it takes in memory, and how long until all is as wanted, first and after one in ten hosts died.
 * Invariant: a host joins, proves who it is, beats and reports by the product's own code; nothing reaches the store past the
 * server. No instance is ever started.
 */
import { startBenchMachine } from "../machine.ts";
import type { Benchmark, Knob } from "../types.ts";
import { simulate as measure } from "./measure.ts";
import { reportSimulate } from "./report.ts";

type SimulateKnobs = {
  readonly hosts: Knob;
  readonly instances: Knob;
  readonly replicas: Knob;
  readonly seconds: Knob;
};

export const simulate: Benchmark<SimulateKnobs> = {
  name: "simulate",
  summary: "memory, rates and convergence of a large cluster whose hosts are simulated on this machine",
  knobs: {
    hosts: { about: "how many hosts", usual: 500 },
    instances: { about: "how many instances in all", usual: 50_000 },
    replicas: { about: "instances of one service", usual: 100 },
    seconds: { about: "the most that each of the two convergences may take", usual: 180 },
  },
  async run({ knobs, onProgress }) {
    await using machine = await startBenchMachine("simulate");
    return reportSimulate(await measure(machine, knobs, onProgress));
  },
};
