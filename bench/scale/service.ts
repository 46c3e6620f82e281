import { openCluster } from "../cluster.ts";
import { mountPoint, workloadLimits } from "../workload/limits.ts";

export interface ScaledServiceOptions {
  readonly agentRoot: string;
  /** `oci:PATH:TAG`. */
  readonly image: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
  readonly instances: number;
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
  const reach = async (replicas: number) => {
    await put(name, { ...inputs, replicas });
    await settled(replicas, limitMs);
  };
  await reach(1);
  await reach(0);
  return {
    async fill() {
      const began = performance.now();
      await reach(instances);
      return (performance.now() - began) / 1_000;
    },
    empty: () => reach(0),
  };
}
