import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../../test/lab/index.ts";
import { bringAgentUp } from "../machine.ts";
import { buildImage } from "./image.ts";

/** What all contenders start the workload with. */
export interface Prepared {
  /** The agent's root folder. */
  readonly agentRoot: string;
  /** Where everything else goes, on a disk. */
  readonly folder: string;
  /** A local image reference: `oci:PATH:TAG`. */
  readonly image: string;
  /** The image's one layer, unpacked. */
  readonly layer: string;
}

export async function prepareWorkload(
  machine: Machine,
  onProgress: (phrase: string) => void,
): Promise<Prepared> {
  const folder = join(machine.root, "bench");
  await mkdir(folder);
  onProgress("building the workload and its image");
  const { reference, root } = await buildImage(folder);
  onProgress("starting an agent");
  return { agentRoot: await bringAgentUp(machine), folder, image: reference, layer: root };
}
