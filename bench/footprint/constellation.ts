import { openCluster } from "../cluster.ts";
import { imageLayout, imageTag } from "../image.ts";
import { startLimitMs, workload } from "./types.ts";

/** One service of the workload. Little is reserved, so that all fit. */
export async function createConstellation(agentRoot: string) {
  const { upload, put, settled } = await openCluster(agentRoot);
  const inputs = {
    ...(await upload(`oci:${imageLayout}:${imageTag}`)),
    command: workload.command(workload.port),
    resources: { cpu: 0.001, memory: "4Mi" },
    update: { maxSurge: 25 },
  };
  const healthCheck = { http: { path: "/hostname", port: workload.port } };
  return {
    async scale(replicas: number) {
      await put("idle", { ...inputs, replicas });
      await settled(replicas, startLimitMs);
    },
    /** The same, replaced by instances whose health is probed over HTTP every 10 s, the default. */
    async probe(replicas: number) {
      await put("idle", { ...inputs, replicas, healthCheck });
      await settled(replicas, startLimitMs);
    },
  };
}
