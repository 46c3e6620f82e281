import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agentPaths } from "../../../contract/index.ts";
import { openCluster } from "../../cluster.ts";
import { type Contender, mountPoint, workloadLimits } from "../types.ts";
import type { OciConfig } from "./bundle.ts";

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
}

const limits = { settleMs: 30_000 };
const service = "bench";

/**
 * One replica more, then one less, of a service whose first instance runs all the time: the agent is warm, the image
 * unpacked. Resolves when the first instance runs.
 */
export async function createConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { runDir } = agentPaths(options.agentRoot);
  const { client, upload, put, settled } = await openCluster(options.agentRoot);
  const inputs = { ...(await upload(options.image)), ...workloadInputs(options.arrivalsFolder) };
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
      await settled(2, limits.settleMs);
      await scale(1);
      await settled(1, limits.settleMs);
    },
    async readConfigs() {
      const instances = (await client.listInstances()).toSorted((one, other) => one.index - other.index);
      const bundles = join(runDir, "runtime", "bundles");
      return instances.map(({ id }) => readConfig(join(bundles, id, "config.json")));
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

function readConfig(path: string): OciConfig {
  return JSON.parse(readFileSync(path, "utf8")) as OciConfig;
}
