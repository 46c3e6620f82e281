/**
 * The measuring process. It runs in the lab machine, in the mount namespace of the agent there, so that all contenders
 * see the same cgroup tree. Takes a `Setting` as JSON, prints a `Sample` a line.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { listenForArrivals } from "../workload/arrivals.ts";
import { createBare } from "../workload/bare.ts";
import { compiledFilter } from "../workload/bundle.ts";
import { createTools } from "../workload/tools.ts";
import { createConstellation } from "./contenders/constellation.ts";
import { createPodmanContender } from "./contenders/podman.ts";
import { measureRounds, roundsOf } from "./rounds.ts";
import type { Contender, Peer, Sample, Setting } from "./types.ts";

const setting = JSON.parse(process.argv[2] ?? "") as Setting;
const { agentRoot, folder, image, layer } = setting;
const [arrivalsFolder, podmanFolder] = [join(folder, "arrivals"), join(folder, "podman")];
for (const path of [arrivalsFolder, podmanFolder]) mkdirSync(path);
const arrivals = await listenForArrivals(join(arrivalsFolder, "arrivals.sock"));

try {
  const { constellation, contenders } = await makeContenders();
  const { runs } = setting;
  await print(measureRounds(contenders, arrivals, { first: 0, runs, load: "idle" }));
  await constellation.burn();
  await print(measureRounds(contenders, arrivals, { first: roundsOf(runs), runs, load: "busy" }));
} finally {
  arrivals.close();
}

async function print(samples: AsyncIterable<Sample>): Promise<void> {
  for await (const sample of samples) process.stdout.write(`${JSON.stringify(sample)}\n`);
}

/** In the order in which a first round starts them. */
async function makeContenders() {
  const tools = createTools();
  const constellation = await createConstellation({ agentRoot, image, arrivalsFolder });
  await constellation.start(0);
  await arrivals.take("bench-1");
  const configs = await constellation.readConfigs();
  await constellation.remove(0);
  const [first] = configs;
  if (first === undefined) throw new Error("read the agent's bundles: expected two");

  const bare = { layer, tools };
  const makers: Record<Peer, () => Contender | Promise<Contender>> = {
    crun: () =>
      createBare({
        ...{ ...bare, runtime: "crun", folder: join(folder, "crun"), prefix: "10.98" },
        config: compiledFilter(configs),
      }),
    runc: () =>
      createBare({
        ...{ ...bare, runtime: "runc", folder: join(folder, "runc"), prefix: "10.99" },
        config: first,
      }),
    podman: () => createPodmanContender({ layer, folder: podmanFolder, arrivalsFolder, tools }),
  };
  const others = await Promise.all(setting.peers.map((peer) => makers[peer]()));
  return { constellation, contenders: [constellation, ...others] };
}
