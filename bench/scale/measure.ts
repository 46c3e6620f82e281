/**
 * The measuring process. It runs in the lab machine, in the mount namespace of the agent there. Takes a `Setting` as
 * JSON, prints a `Sample` a line.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { listenForArrivals } from "../workload/arrivals.ts";
import { createTools } from "../workload/tools.ts";
import { createScaledBare } from "./bare.ts";
import type { ScaledPeer } from "./fill.ts";
import { createScaledPodman } from "./podman.ts";
import { createScaledService } from "./service.ts";
import { concurrencies, type Peer, type Sample, type Setting } from "./types.ts";

const setting = JSON.parse(process.argv[2] ?? "") as Setting;
const { agentRoot, folder, image, layer, instances, runs } = setting;
const [arrivalsFolder, podmanFolder, crunFolder] = [
  join(folder, "arrivals"),
  join(folder, "podman"),
  join(folder, "crun"),
];
for (const path of [arrivalsFolder, podmanFolder, crunFolder]) mkdirSync(path);
const arrivals = await listenForArrivals(join(arrivalsFolder, "arrivals.sock"));
const bare = { runtime: "crun", layer, folder: crunFolder, prefix: "10.98", tools: createTools() };
const print = (sample: Sample) => void process.stdout.write(`${JSON.stringify(sample)}\n`);

try {
  const service = await createScaledService({ agentRoot, image, arrivalsFolder, instances, arrivals });
  const makers: Record<Peer, () => ScaledPeer | Promise<ScaledPeer>> = {
    crun: () => createScaledBare({ ...bare, config: service.config }, { instances, arrivals }),
    podman: () => createScaledPodman({ layer, folder: podmanFolder, arrivalsFolder, instances, arrivals }),
  };
  const others = await Promise.all(setting.peers.map(async (name) => ({ name, peer: await makers[name]() })));
  for (let run = 0; run < runs; run++) {
    print({ contender: "constellation", seconds: await service.fill() });
    await service.empty();
    // Each concurrency once, by turns with ours; a hundred containers take their time.
    const concurrency = concurrencies[run % concurrencies.length] ?? 1;
    for (const { name, peer } of others) {
      print({ contender: name, concurrency, seconds: await peer.fill(concurrency) });
      await peer.empty();
    }
  }
} finally {
  arrivals.close();
}
