import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { steadinessLimits } from "../../agent/hosts/index.ts";
import type { Event, Host as HostStatus, Instance } from "../../contract/index.ts";
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

/** One running instance a slot, as many on each host that takes any, and nothing of any other left. */
async function settled(): Promise<readonly Instance[]> {
  return await until("one instance a slot", async () => {
    const all = await cluster.client.listInstances({ service: "web" });
    const hosts = (await cluster.client.listHosts()).filter(({ absences }) => absences === undefined);
    const counts = hosts.map(({ name }) => all.filter(({ host }) => host === name).length);
    const isEven = Math.max(...counts) - Math.min(...counts) <= 1;
    return all.length === 6 && all.every(({ healthy }) => healthy) && isEven ? all : undefined;
  });
}

async function statusOf({ hostname }: Host): Promise<HostStatus | undefined> {
  return (await cluster.client.listHosts()).find(({ name }) => name === hostname);
}

/** What is told of while something happens. */
async function eventsWhile(happen: () => Promise<void>): Promise<readonly Event[]> {
  const events: Event[] = [];
  const over = new AbortController();
  const listening = (async () => {
    for await (const { event } of cluster.client.events({ tail: 0 }, over.signal)) events.push(event);
  })();
  await happen();
  over.abort();
  await listening;
  return events;
}

const flapping = () => worker(2);
/** When its last absence ended, at the earliest. */
let steadyFromMs = 0;

test("a host that comes and goes: one instance at most is moved to it each time that it is back, and none after the fourth absence; within 20 s each", async () => {
  const seen = new Set<string>();
  const moved: number[] = [];
  while (moved.length <= steadinessLimits.absences) {
    const events = await eventsWhile(async () => {
      await flapping().cut();
      await cluster.isState(flapping(), "lost");
      await cluster.healthy("web");
      steadyFromMs = performance.now();
      await flapping().heal();
      await cluster.isState(flapping(), "ready");
      await settled();
    });
    const before = seen.size;
    for (const event of events)
      if (event.type === "instance" && event.instance.host === flapping().hostname)
        seen.add(event.instance.id);
    moved.push(seen.size - before);
  }
  // What it had at first is among the first round's.
  expect(Math.max(...moved.slice(1))).toBeLessThanOrEqual(1);
  expect(moved.at(-1)).toBe(0);
  expect((await statusOf(flapping()))?.absences).toBeGreaterThanOrEqual(steadinessLimits.absences);
  expect(processesOn(flapping())).toEqual([]);
});

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
  const events = await eventsWhile(async () => {
    const hogs = await Promise.all(cluster.lab.hosts.map(async (host) => await host.hogCpu()));
    const end = performance.now() + 8_000;
    await until("8 s to pass", async () => performance.now() > end || undefined);
    await Promise.all(hogs.map(async (hog) => await hog.end()));
  });
  expect(events.filter((event) => event.type === "host" && event.state === "lost")).toEqual([]);
});

test("a host that came and went too often: it is left alone until it has been steady for a minute, then it takes its part; within 20 s", async () => {
  const { steadyMs } = steadinessLimits;
  const isUsed = async () =>
    (await cluster.client.listInstances({ service: "web" })).some(({ host }) => host === flapping().hostname);
  await until("it to be used", async () => (await isUsed()) || undefined, steadyMs + 20_000);
  expect(performance.now() - steadyFromMs).toBeGreaterThan(steadyMs);
  expect((await statusOf(flapping()))?.absences).toBeUndefined();
});
