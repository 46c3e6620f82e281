import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { steadinessLimits } from "../../agent/hosts/index.ts";
import type { Event, Host as HostStatus, Instance } from "../../contract/index.ts";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";

/** By their size. They stand side by side: while one host has to be steady for a minute, the others have their turn. */
const clusters = new Map<number, TestCluster>();
afterAll(async () => {
  for (const cluster of clusters.values()) await cluster[Symbol.asyncDispose]();
});

/** When the last absence of the one that flaps ended, at the earliest. */
const steadyFromMs = new Map<TestCluster, number>();

describe.each([3, 5])("on %i hosts", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count);
    clusters.set(count, cluster);
    await cluster.serve("web", { replicas: replicasOn(cluster) });
    await cluster.healthy("web");
  });

  test("a host that comes and goes: one instance at most is moved to it each time that it is back, and none after the fourth absence; within 20 s each", async () => {
    const host = flapping(cluster);
    const seen = new Set<string>();
    const moved: number[] = [];
    while (moved.length <= steadinessLimits.absences) {
      const events = await eventsWhile(cluster, async () => {
        await host.cut();
        await cluster.isState(host, "lost");
        await cluster.healthy("web");
        steadyFromMs.set(cluster, Date.now());
        await host.heal();
        await cluster.isState(host, "ready");
        await settled(cluster);
      });
      const before = seen.size;
      for (const event of events)
        if (event.type === "instance" && event.instance.host === host.hostname) seen.add(event.instance.id);
      moved.push(seen.size - before);
    }
    // What it had at first is among the first round's.
    expect(Math.max(...moved.slice(1))).toBeLessThanOrEqual(1);
    expect(moved.at(-1)).toBe(0);
    expect((await statusOf(cluster, host))?.absences).toBeGreaterThanOrEqual(steadinessLimits.absences);
    expect(cluster.pids(host, "httpd -f")).toEqual([]);
  });
});

describe.each([3, 5])("on %i hosts", (count) => {
  let cluster: TestCluster;
  beforeAll(() => {
    cluster = clusters.get(count) as TestCluster;
  });

  test("a host whose packets are lost on their way out: it keeps what it runs, others take its place, and one of each goes when it is back; within 20 s each way", async () => {
    const host = steady(cluster);
    const before = cluster.pids(host, "httpd -f");
    expect(before).not.toEqual([]);
    await host.oneWay();
    await cluster.isState(host, "lost");
    const elsewhere = await cluster.healthy("web");
    expect(elsewhere.map((instance) => instance.host)).not.toContain(host.hostname);
    expect(cluster.pids(host, "httpd -f")).toEqual(before);
    await host.heal();
    await cluster.isState(host, "ready");
    await settled(cluster);
  });

  test("a host that hears its server no more: it keeps what it runs, others take its place, and one of each goes when it does again; within 20 s each way", async () => {
    const host = steady(cluster);
    const before = cluster.pids(host, "httpd -f");
    await cluster.server.oneWay(host);
    await cluster.isState(host, "lost", 30_000);
    await cluster.healthy("web");
    expect(cluster.pids(host, "httpd -f")).toEqual(before);
    await cluster.server.heal();
    await cluster.isState(host, "ready");
    await settled(cluster);
  });

  test("processors that are busy on every host: none is taken for lost; at once", async () => {
    const events = await eventsWhile(cluster, async () => {
      const hogs = await Promise.all(cluster.lab.hosts.map(async (host) => await host.hogCpu()));
      const end = performance.now() + 8_000;
      await until("8 s to pass", async () => performance.now() > end || undefined);
      await Promise.all(hogs.map(async (hog) => await hog.end()));
    });
    expect(events.filter((event) => event.type === "host" && event.state === "lost")).toEqual([]);
  });
});

describe.each([3, 5])("on %i hosts", (count) => {
  test("a host that came and went too often: it is left alone until it has been steady for a minute, then it takes its part; within 20 s", async () => {
    const cluster = clusters.get(count) as TestCluster;
    const host = flapping(cluster);
    const { steadyMs } = steadinessLimits;
    const startedAt = await until(
      "it to be used",
      async () => (await instances(cluster)).find((instance) => instance.host === host.hostname)?.startedAt,
      steadyMs + 20_000,
    );
    const sinceMs = steadyFromMs.get(cluster) ?? Number.NaN;
    expect(Date.parse(startedAt) - sinceMs).toBeGreaterThan(steadyMs);
    expect((await statusOf(cluster, host))?.absences).toBeUndefined();
  });
});

/** While a host is away, and when it is back, one move makes all even. */
const replicasOn = ({ lab }: TestCluster) => lab.hosts.length + 2;

const steady = ({ workers }: TestCluster) => workers[0] as Host;
const flapping = ({ workers }: TestCluster) => workers.at(-1) as Host;

const instances = async ({ client }: TestCluster) => await client.listInstances({ service: "web" });

/** One running instance a slot, as many on each host that takes any, and nothing of any other left. */
async function settled(cluster: TestCluster): Promise<readonly Instance[]> {
  return await until("one instance a slot", async () => {
    const all = await instances(cluster);
    const hosts = (await cluster.client.listHosts()).filter(({ absences }) => absences === undefined);
    const counts = hosts.map(({ name }) => all.filter(({ host }) => host === name).length);
    const isEven = Math.max(...counts) - Math.min(...counts) <= 1;
    const isWhole = all.length === replicasOn(cluster) && all.every(({ healthy }) => healthy);
    return isWhole && isEven ? all : undefined;
  });
}

async function statusOf({ client }: TestCluster, { hostname }: Host): Promise<HostStatus | undefined> {
  return (await client.listHosts()).find(({ name }) => name === hostname);
}

/** What is told of while something happens. */
async function eventsWhile({ client }: TestCluster, happen: () => Promise<void>): Promise<readonly Event[]> {
  const events: Event[] = [];
  const over = new AbortController();
  const listening = (async () => {
    for await (const { event } of client.events({ tail: 0 }, over.signal)) events.push(event);
  })();
  await happen();
  over.abort();
  await listening;
  return events;
}
