import { setTimeout as delay } from "node:timers/promises";
import {
  agentPaths,
  type Client,
  connect,
  type DocumentAddress,
  type Instance,
  openLocalImage,
  parseReference,
} from "../contract/index.ts";

const pollMs = 20;
const owner = { engine: "cli", id: "bench" } as const;
const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };

/** A cluster of one machine, as a benchmark uses it: by the agent's API, no engine in between. */
export interface BenchCluster {
  readonly client: Client;
  /** Uploads a local image (`oci:PATH:TAG`); the inputs of a service that runs it. */
  upload(image: string): Promise<{ readonly image: string; readonly imageDigest: string }>;
  /** Writes a service in the default namespace, whatever it was before. Resolves once it is written. */
  put(name: string, inputs: Record<string, unknown>): Promise<void>;
  remove(name: string): Promise<void>;
  /** Until exactly so many instances are there, all of them healthy; rejects after the limit. */
  settled(count: number, limitMs: number): Promise<void>;
}

/** Founds a cluster on the agent that runs below `agentRoot`. */
export async function openCluster(agentRoot: string): Promise<BenchCluster> {
  const client = connect({ socket: agentPaths(agentRoot).socket });
  await client.putCluster({ owner, name: "bench", network });
  const etags = new Map<string, string>();
  return {
    client,
    upload: (image) => uploadImage(client, image),
    async put(name, inputs) {
      const etag = etags.get(name);
      const condition = etag === undefined ? {} : { ifMatch: etag };
      const written = await client.putDocument(serviceAt(name), { owner, inputs }, condition);
      etags.set(name, written.etag);
    },
    async remove(name) {
      const etag = etags.get(name);
      etags.delete(name);
      await client.deleteDocument(serviceAt(name), etag === undefined ? {} : { ifMatch: etag });
    },
    settled: (count, limitMs) =>
      until(`${count} healthy instances`, limitMs, async () => {
        const instances = await client.listInstances();
        return instances.length === count && instances.every(isHealthy);
      }),
  };
}

export function isHealthy({ state, healthy }: Instance): boolean {
  return state === "running" && healthy;
}

/** Asks every 20 ms. */
export async function until(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`await ${what}: not so within ${limitMs} ms`);
    await delay(pollMs);
  }
}

function serviceAt(name: string): DocumentAddress {
  return { namespace: "default", plural: "services", name };
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
