import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(4);
  await cluster.serve("web", { replicas: 6 });
  await cluster.healthy("web");
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const worker = (index: number): Host => cluster.workers[index] as Host;
const processesOn = (host: Host) => cluster.pids(host, "httpd -f");

/** One running instance a slot, and nothing of any other left. */
async function settled(): Promise<readonly Instance[]> {
  return await until("one instance a slot", async () => {
    const all = await cluster.client.listInstances({ service: "web" });
    return all.length === 6 && all.every(({ healthy }) => healthy) ? all : undefined;
  });
}

/** Changes of hosts' states while something happens. */
async function changesWhile(happen: () => Promise<void>): Promise<readonly string[]> {
  const changes: string[] = [];
  const over = new AbortController();
  const listening = (async () => {
    for await (const { event } of cluster.client.events({ tail: 0 }, over.signal)) {
      if (event.type === "host") changes.push(`${event.name} ${event.state}`);
    }
  })();
  await happen();
  over.abort();
  await listening;
  return changes;
}

test("a host whose packets are lost on their way out: it keeps what it runs, others take its place, and one of each goes when it is back; within 20 s each way", async () => {
  const host = worker(0);
  const before = processesOn(host);
  expect(before).not.toEqual([]);
  await host.oneWay();
  await cluster.isState(host, "lost");
  const elsewhere = await cluster.healthy("web");
  expect(elsewhere.map((instance) => instance.host)).not.toContain(host.hostname);
  expect(processesOn(host)).toEqual(before);
  await host.heal();
  await cluster.isState(host, "ready");
  await settled();
});

test("a host that hears its server no more: it keeps what it runs, others take its place, and one of each goes when it does again; within 20 s each way", async () => {
  const host = worker(1);
  const before = processesOn(host);
  await cluster.server.oneWay(host);
  await cluster.isState(host, "lost", 30_000);
  await cluster.healthy("web");
  expect(processesOn(host)).toEqual(before);
  await cluster.server.heal();
  await cluster.isState(host, "ready");
  await settled();
});

test("processors that are busy on every host: none is taken for lost; at once", async () => {
  const changes = await changesWhile(async () => {
    const hogs = await Promise.all(cluster.lab.hosts.map(async (host) => await host.hogCpu()));
    const end = performance.now() + 8_000;
    await until("8 s to pass", async () => performance.now() > end || undefined);
    await Promise.all(hogs.map(async (hog) => await hog.end()));
  });
  expect(changes.filter((change) => change.endsWith("lost"))).toEqual([]);
});
