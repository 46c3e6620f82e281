/**
 * The measuring process. It runs in the lab machine, in the mount namespace of the agent there, so that all contenders
 * see the same cgroup tree. Takes a `Setting` as JSON, prints a `Sample` a line.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { listenForArrivals } from "./arrivals.ts";
import { createBare } from "./contenders/bare.ts";
import { compiledFilter } from "./contenders/bundle.ts";
import { createConstellation } from "./contenders/constellation.ts";
import { createPodman } from "./contenders/podman.ts";
import { createTools } from "./contenders/tools.ts";
import { measureRounds } from "./rounds.ts";
import type { Contender, Setting } from "./types.ts";

const setting = JSON.parse(process.argv[2] ?? "") as Setting;
const { agentRoot, folder, image, layer } = setting;
const [arrivalsFolder, podmanFolder] = [join(folder, "arrivals"), join(folder, "podman")];
for (const path of [arrivalsFolder, podmanFolder]) mkdirSync(path);
const arrivals = await listenForArrivals(join(arrivalsFolder, "arrivals.sock"));

try {
  for await (const sample of measureRounds(await makeContenders(), arrivals, setting.runs)) {
    process.stdout.write(`${JSON.stringify(sample)}\n`);
  }
} finally {
  arrivals.close();
}

async function makeContenders(): Promise<readonly Contender[]> {
  const tools = createTools();
  const constellation = await createConstellation({ agentRoot, image, arrivalsFolder });
  const podman = await createPodman({ layer, folder: podmanFolder, arrivalsFolder, tools });

  await constellation.start(0);
  await arrivals.take("bench-1");
  const [first, second] = await constellation.readConfigs();
  await constellation.remove(0);
  if (first === undefined || second === undefined) throw new Error("read the agent's bundles: expected two");
  return [
    constellation,
    createBare({
      runtime: "crun",
      config: compiledFilter(first, second),
      layer,
      folder: join(folder, "crun"),
      prefix: "10.98",
      tools,
    }),
    createBare({
      runtime: "runc",
      config: first,
      layer,
      folder: join(folder, "runc"),
      prefix: "10.99",
      tools,
    }),
    podman,
  ];
}
