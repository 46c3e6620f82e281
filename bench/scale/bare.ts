import { type BareOptions, createBare } from "../workload/bare.ts";
import { type FillOptions, fillTogether, type ScaledPeer } from "./fill.ts";

/** As many bare containers: nobody starts them faster on this machine, and nobody keeps them. */
export function createScaledBare(options: BareOptions, { instances, arrivals }: FillOptions): ScaledPeer {
  const bare = createBare(options);
  const rounds = Array.from({ length: instances }, (_, index) => index + 1);
  const startOne = async (round: number) => {
    const { hostname } = await bare.start(round);
    await arrivals.take(hostname);
  };
  return {
    fill: (concurrency) => fillTogether(rounds, concurrency, startOne),
    async empty() {
      for (const round of rounds) await bare.remove(round);
    },
  };
}
