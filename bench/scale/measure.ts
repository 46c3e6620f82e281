/**
 * The measuring process. It runs in the lab machine, in the mount namespace of the agent there. Takes a `Setting` as
 * JSON, prints a `Sample` a line.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { listenForArrivals } from "../workload/arrivals.ts";
import { createScaledPodman } from "./podman.ts";
import { createScaledService } from "./service.ts";
import { concurrencies, type Sample, type Setting } from "./types.ts";

const setting = JSON.parse(process.argv[2] ?? "") as Setting;
const { agentRoot, folder, image, layer, hasPodman, instances, runs } = setting;
const [arrivalsFolder, podmanFolder] = [join(folder, "arrivals"), join(folder, "podman")];
for (const path of [arrivalsFolder, podmanFolder]) mkdirSync(path);
const arrivals = await listenForArrivals(join(arrivalsFolder, "arrivals.sock"));
const print = (sample: Sample) => void process.stdout.write(`${JSON.stringify(sample)}\n`);

try {
  const service = await createScaledService({ agentRoot, image, arrivalsFolder, instances, arrivals });
  const podman = hasPodman
    ? await createScaledPodman({ layer, folder: podmanFolder, arrivalsFolder, instances, arrivals })
    : undefined;
  for (let run = 0; run < runs; run++) {
    print({ contender: "constellation", seconds: await service.fill() });
    await service.empty();
    // Each of podman's ways once, by turns with ours; a hundred of them take their time.
    const concurrency = concurrencies[run % concurrencies.length] ?? 1;
    if (podman) print({ contender: "podman", concurrency, seconds: await podman.fill(concurrency) });
    await podman?.empty();
  }
} finally {
  arrivals.close();
}
