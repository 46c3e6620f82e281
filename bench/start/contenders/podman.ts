import { createPodman, type PodmanOptions } from "../../workload/podman.ts";
import type { Contender } from "../types.ts";

/** `podman run --detach` in its default bridge network. */
export async function createPodmanContender(options: PodmanOptions): Promise<Contender> {
  const podman = await createPodman(options);
  const nameOf = (round: number) => `podman-${round}`;
  return {
    name: "podman",
    async start(round) {
      const name = nameOf(round);
      const requestedNs = process.hrtime.bigint();
      await podman.start(name);
      return { requestedNs, hostname: name };
    },
    remove: (round) => podman.remove(nameOf(round)),
  };
}
