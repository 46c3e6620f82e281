import { owner } from "../faults/service.ts";
import type { Host } from "../lab/index.ts";
import type { TestCluster } from "./cluster.ts";

/** Near to the most that a text may have: so a store's log soon asks for more room. */
const largeBytes = 130_000;
/** In time for it to say what is wrong. */
const timeoutMs = 20_000;

let written = 0;

/** A large document, by one server. */
export async function writeLarge(cluster: TestCluster, host: Host): Promise<void> {
  written += 1;
  const address = { namespace: "default", plural: "configfiles", name: `large-${written}` };
  const inputs = { content: "x".repeat(largeBytes) };
  await cluster.clientOf(host, { timeoutMs }).putDocument(address, { owner, inputs }, {});
}

/** How many of them a server knows. */
export async function largeOn(cluster: TestCluster, host: Host): Promise<number> {
  return (await cluster.clientOf(host, { timeoutMs }).listDocuments("configfiles")).length;
}

/** Whether a server takes another one's disk for full. */
export async function isFull(cluster: TestCluster, asked: Host, { hostname }: Host): Promise<boolean> {
  const hosts = await cluster.clientOf(asked).listHosts();
  return hosts.find(({ name }) => name === hostname)?.isDiskFull ?? false;
}
