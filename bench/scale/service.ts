import { openCluster } from "../cluster.ts";
import type { Arrivals } from "../workload/arrivals.ts";
import { compiledFilter, type OciConfig, readConfigs } from "../workload/bundle.ts";
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
  /** What a bare runtime needs to run the same: the config of an instance, its filter compiled. */
  readonly config: OciConfig;
}

const limitMs = 120_000;
const name = "many";
/** Of a machine's processors and memory, so that all fit on a small one. */
const reserved = { cpu: 0.01, memory: "16Mi" };

/** Beside a model that runs all the time: the image is unpacked, the filter compiled. */
export async function createScaledService({
  agentRoot,
  image,
  arrivalsFolder,
  instances,
  arrivals,
}: ScaledServiceOptions): Promise<ScaledService> {
  const { client, upload, put, settled } = await openCluster(agentRoot);
  const { cpu, pids } = workloadLimits;
  const inputs = {
    ...(await upload(image)),
    resources: { ...reserved, limits: { cpu, pids, memory: String(workloadLimits.memoryBytes) } },
    mounts: [{ target: mountPoint, hostPath: { path: arrivalsFolder } }],
    // Healthy with its first instruction, which is all that is waited for at podman.
    update: { minHealthyTime: "0s" },
  };
  // Stays: a bare runtime mounts the same files. The second one's filter is compiled.
  const model = async (replicas: number) => {
    await put("model", { ...inputs, replicas });
    await arrivals.take(`model-${replicas - 1}`);
    await settled(replicas, limitMs);
  };
  await model(1);
  await model(2);
  const config = compiledFilter(await readConfigs(client, agentRoot));
  await put("model", { ...inputs, replicas: 1 });
  await settled(1, limitMs);

  return {
    config,
    async fill() {
      const began = performance.now();
      const names = Array.from({ length: instances }, (_, index) => `${name}-${index}`);
      const arrived = Promise.all(names.map((hostname) => arrivals.take(hostname)));
      await put(name, { ...inputs, replicas: instances });
      // The workloads tell by themselves: asking again and again would cost the agent time while it starts them.
      await arrived;
      await settled(1 + instances, limitMs);
      return (performance.now() - began) / 1_000;
    },
    async empty() {
      await put(name, { ...inputs, replicas: 0 });
      await settled(1, limitMs);
    },
  };
}
