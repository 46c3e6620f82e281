import { openCluster } from "../cluster.ts";
import type { Arrivals } from "../workload/arrivals.ts";
import { mountPoint, workloadLimits } from "../workload/limits.ts";

export interface ScaledServiceOptions {
  readonly agentRoot: string;
  /** `oci:PATH:TAG`. */
  readonly image: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
  readonly instances: number;
  readonly arrivals: Arrivals;
}

/** A service that goes from none to all and back. */
export interface ScaledService {
  /** Resolves with the seconds from the request until every instance is reported healthy. */
  fill(): Promise<number>;
  empty(): Promise<void>;
}

const limitMs = 120_000;
const name = "many";
/** Of a machine's processors and memory, so that all fit on a small one. */
const reserved = { cpu: 0.01, memory: "16Mi" };

/** One instance starts and ends first, so that the image is unpacked and the filter compiled. */
export async function createScaledService({
  agentRoot,
  image,
  arrivalsFolder,
  instances,
  arrivals,
}: ScaledServiceOptions): Promise<ScaledService> {
  const { upload, put, settled } = await openCluster(agentRoot);
  const { cpu, pids } = workloadLimits;
  const inputs = {
    ...(await upload(image)),
    resources: { ...reserved, limits: { cpu, pids, memory: String(workloadLimits.memoryBytes) } },
    mounts: [{ target: mountPoint, hostPath: { path: arrivalsFolder } }],
    // Healthy with its first instruction, which is all that is waited for at podman.
    update: { minHealthyTime: "0s" },
  };
  const fill = async (replicas: number) => {
    const names = Array.from({ length: replicas }, (_, index) => `${name}-${index}`);
    const arrived = Promise.all(names.map((hostname) => arrivals.take(hostname)));
    await put(name, { ...inputs, replicas });
    // The workloads tell by themselves: asking again and again would cost the agent time while it starts them.
    await arrived;
    await settled(replicas, limitMs);
  };
  const empty = async () => {
    await put(name, { ...inputs, replicas: 0 });
    await settled(0, limitMs);
  };
  await fill(1);
  await empty();
  return {
    async fill() {
      const began = performance.now();
      await fill(instances);
      return (performance.now() - began) / 1_000;
    },
    empty,
  };
}
