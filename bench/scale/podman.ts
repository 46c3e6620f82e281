import { createPodman } from "../workload/podman.ts";
import { createTools } from "../workload/tools.ts";
import { type FillOptions, fillTogether, type ScaledPeer } from "./fill.ts";

export interface ScaledPodmanOptions extends FillOptions {
  /** The image's one layer, unpacked. */
  readonly layer: string;
  /** Exists, on a disk. */
  readonly folder: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
}

/** One container runs and ends first, so that the network is made. */
export async function createScaledPodman(options: ScaledPodmanOptions): Promise<ScaledPeer> {
  const { layer, folder, arrivalsFolder, instances, arrivals } = options;
  const podman = await createPodman({ layer, folder, arrivalsFolder, tools: createTools() });
  const names = Array.from({ length: instances }, (_, index) => `many-${index}`);

  const startOne = async (name: string) => {
    await podman.start(name);
    await arrivals.take(name);
  };
  await startOne("warm");
  await podman.removeAll();
  return {
    fill: (concurrency) => fillTogether(names, concurrency, startOne),
    empty: () => podman.removeAll(),
  };
}
