/**
 * What the network between instances of two hosts carries and how soon: direct routes beside the bare underlay and beside
 * the same links without our rules, tunnels beside wireguard-go with nothing around it.
 * Invariant: the same tools, the same kind of hosts and of switch for all; ours and its peer take turns.
 */
import { requireRoot } from "../machine.ts";
import { raisePriority } from "../priority.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { startBare } from "./bare.ts";
import { answer, measure } from "./measure.ts";
import { startPair } from "./pair.ts";
import { reportNetwork } from "./report.ts";
import type { Sample, Way } from "./types.ts";

type NetworkKnobs = { readonly runs: Knob; readonly seconds: Knob };

export const network: Benchmark<NetworkKnobs> = {
  name: "network",
  summary:
    "throughput and latency between instances of two hosts, beside the bare network's, bare routing's and wireguard-go's",
  // Many short turns: what else goes on on the machine meets all of them alike.
  knobs: { runs: runsKnob(9), seconds: { about: "how long each measurement takes", usual: 1 } },
  async run({ knobs: { runs, seconds }, onProgress }) {
    requireRoot("network");
    raisePriority();
    onProgress("starting two bare hosts, and two of a cluster");
    await using bare = await startBare();
    await using pair = await startPair();
    const samples: Sample[] = [];
    const takeTurns = async (...ways: readonly Way[]) => {
      for (const way of ways) await answer(way);
      for (let run = 0; run < runs; run++) {
        for (const way of run % 2 === 0 ? ways : ways.toReversed()) {
          const sample = await measure(way, seconds);
          samples.push(sample);
          const { gigabitsPerSecond, roundTripUs } = sample;
          onProgress(`${way.name}: ${gigabitsPerSecond.toFixed(2)} Gbit/s, ${roundTripUs.toFixed(1)} us`);
        }
      }
    };
    await takeTurns(await pair.way("direct"), bare.underlay, bare.routed);
    await takeTurns(await pair.way("wireguard"), bare.tunnel);
    return reportNetwork(samples);
  },
};
