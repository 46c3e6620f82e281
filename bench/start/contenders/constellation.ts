import { openCluster } from "../../cluster.ts";
import { type OciConfig, readConfigs } from "../../workload/bundle.ts";
import { burnCommand, mountPoint, workloadLimits } from "../../workload/limits.ts";
import type { Contender } from "../types.ts";

export interface ConstellationOptions {
  readonly agentRoot: string;
  /** `oci:PATH:TAG`. */
  readonly image: string;
  /** Mounted for the workload to report to. */
  readonly arrivalsFolder: string;
}

export interface Constellation extends Contender {
  /** The bundles' configs of the instances that run now, the oldest first. */
  readConfigs(): Promise<OciConfig[]>;
  /** Keeps all processors busy from now on, by an instance of another service. Resolves once it runs. */
  burn(): Promise<void>;
}

const limits = { settleMs: 30_000 };
const service = "bench";
/** What the instance that burns reserves: half of what a machine with two processors can give. */
const burnerCores = 1;

/**
 * One replica more, then one less, of a service whose first instance runs all the time: the agent is warm, the image
 * unpacked. Resolves when the first instance runs.
 */
export async function createConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { client, upload, put, settled } = await openCluster(options.agentRoot);
  const image = await upload(options.image);
  const inputs = { ...image, ...workloadInputs(options.arrivalsFolder) };
  let burners = 0;
  const scale = async (replicas: number) => await put(service, { ...inputs, replicas });
  await scale(1);
  await settled(1, limits.settleMs);

  return {
    name: "constellation",
    async start() {
      const requestedNs = process.hrtime.bigint();
      await scale(2);
      return { requestedNs, hostname: `${service}-1` };
    },
    async remove() {
      await settled(burners + 2, limits.settleMs);
      await scale(1);
      await settled(burners + 1, limits.settleMs);
    },
    readConfigs: () => readConfigs(client, options.agentRoot),
    async burn() {
      await put("burn", { ...image, command: burnCommand, resources: { cpu: burnerCores } });
      burners = 1;
      await settled(burners + 1, limits.settleMs);
    },
  };
}

function workloadInputs(arrivalsFolder: string) {
  const { cpu, memoryBytes, pids } = workloadLimits;
  return {
    resources: { cpu: 0.05, memory: String(memoryBytes), limits: { cpu, pids } },
    mounts: [{ target: mountPoint, hostPath: { path: arrivalsFolder } }],
    update: { minHealthyTime: "0s" },
  };
}
