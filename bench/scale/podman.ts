import type { Arrivals } from "../workload/arrivals.ts";
import { createPodman } from "../workload/podman.ts";
import { createTools } from "../workload/tools.ts";

export interface ScaledPodmanOptions {
  /** The image's one layer, unpacked. */
  readonly layer: string;
  /** Exists, on a disk. */
  readonly folder: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
  readonly instances: number;
  readonly arrivals: Arrivals;
}

/** As many containers, each by a `podman run --detach` of its own. */
export interface ScaledPodman {
  /** Resolves with the seconds from the first podman until the last workload's first instruction. */
  fill(concurrency: number): Promise<number>;
  empty(): Promise<void>;
}

/** One container runs and ends first, so that the network is made. */
export async function createScaledPodman(options: ScaledPodmanOptions): Promise<ScaledPodman> {
  const { layer, folder, arrivalsFolder, instances, arrivals } = options;
  const podman = await createPodman({ layer, folder, arrivalsFolder, tools: createTools() });
  const names = Array.from({ length: instances }, (_, index) => `many-${index}`);

  const startAll = async (wanted: readonly string[], concurrency: number) => {
    const waiting = [...wanted];
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        await podman.start(name);
        await arrivals.take(name);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  };
  await startAll(["warm"], 1);
  await podman.removeAll();
  return {
    async fill(concurrency) {
      const began = performance.now();
      await startAll(names, concurrency);
      return (performance.now() - began) / 1_000;
    },
    empty: () => podman.removeAll(),
  };
}
