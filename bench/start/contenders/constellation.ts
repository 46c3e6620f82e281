import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  agentPaths,
  type Client,
  connect,
  type DocumentAddress,
  type Instance,
  openLocalImage,
  parseReference,
} from "../../../contract/index.ts";
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

const limits = { settleMs: 30_000, lookMs: 20 };
const owner = { engine: "cli", id: "bench" } as const;
const service: DocumentAddress = { namespace: "default", plural: "services", name: "bench" };
const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };

/**
 * One replica more, then one less, of a service whose first instance runs all the time: the agent is warm, the image
 * unpacked. Resolves when the first instance runs.
 */
export async function createConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { socket, runDir } = agentPaths(options.agentRoot);
  const client = connect({ socket });
  await client.putCluster({ owner, name: "bench", network });
  const inputs = { ...(await uploadImage(client, options.image)), ...workloadInputs(options.arrivalsFolder) };
  let etag: string | undefined;
  const scale = async (replicas: number) => {
    const body = { owner, inputs: { ...inputs, replicas } };
    const written = await client.putDocument(service, body, etag === undefined ? {} : { ifMatch: etag });
    etag = written.etag;
  };
  const settled = (count: number) =>
    until(`${count} running instances`, async () => {
      const instances = await client.listInstances();
      return instances.length === count && instances.every(isRunning);
    });
  await scale(1);
  await settled(1);

  return {
    name: "constellation",
    async start() {
      const requestedNs = process.hrtime.bigint();
      await scale(2);
      return { requestedNs, hostname: `${service.name}-1` };
    },
    async remove() {
      await settled(2);
      await scale(1);
      await settled(1);
    },
    async readConfigs() {
      const instances = (await client.listInstances()).toSorted((one, other) => one.index - other.index);
      const bundles = join(runDir, "runtime", "bundles");
      return instances.map(({ id }) => readConfig(join(bundles, id, "config.json")));
    },
  };
}

function isRunning({ state, healthy }: Instance): boolean {
  return state === "running" && healthy;
}

async function uploadImage(client: Client, name: string) {
  const reference = parseReference(name);
  if (reference.kind === "registry") throw new Error(`upload image ${name}: not a local image`);
  const image = await openLocalImage(reference, "/");
  const missing = new Set(await client.missingBlobs(image.blobs.map(({ digest }) => digest)));
  for (const blob of image.blobs) {
    if (missing.has(blob.digest)) await client.putBlob(blob.digest, blob.open(), blob.size);
  }
  return { image: name, imageDigest: image.digest };
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

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limits.settleMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`await ${what}: not so within ${limits.settleMs} ms`);
    await delay(limits.lookMs);
  }
}
