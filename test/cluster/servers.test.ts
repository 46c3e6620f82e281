import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { owner } from "../faults/service.ts";
import type { Host } from "../lab/index.ts";
import { leaderOf, startCluster, type TestCluster } from "./cluster.ts";

/** In memory: a store's two logs take 128 MiB, an agent wants some room to start. */
const diskBytes = 1200 * 1024 ** 2;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(3, 3, { diskBytes });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const first = () => cluster.server;
const others = () => cluster.servers.slice(1);
/** Whatever it takes to elect. */
const written = async (host: Host, note: string) =>
  await until("a change to be taken", async () => {
    const labels = { note };
    return await cluster
      .clientOf(host)
      .putHost(host.hostname, { labels })
      .catch(() => undefined);
  });

test("three hosts are three servers by commands alone; any of them takes a change that all of them see", async () => {
  await written(first(), "seen by all");
  for (const host of [first(), ...others()]) {
    await until("every server to know all", async () => {
      const [known, servers] = await Promise.all([
        cluster.clientOf(host).getHost(first().hostname),
        cluster.clientOf(host).listServers(),
      ]);
      const roles = servers.map(({ name, role, isHealthy }) => `${name} ${role} ${isHealthy}`).join();
      const isWhole = roles === "host1 voter true,host2 voter true,host3 voter true";
      return (known?.labels?.note === "seen by all" && isWhole) || undefined;
    });
    const secrets = `stat -c %a $(find ${host.root}/c -name secrets.key -o -name ca.key)`;
    expect(await host.output(["sh", "-c", secrets])).toBe("600\n600\n");
  }
});

test("no server reaches another: changes fail with the reason, what runs is not touched, not even by a new agent, but for what has `stopAfter`, and changes go on by themselves; within 60 s", async () => {
  const constraints = [{ key: "host.name", values: [first().hostname] }];
  await cluster.serve("web", { replicas: 1, placement: { constraints } });
  const sleep = { command: ["sleep", "12345"], healthCheck: { exec: { command: ["true"] } } };
  const patience = { disconnect: { stopAfter: "5s" } };
  await cluster.serve("patient", { ...sleep, ...patience, replicas: 1, placement: { constraints } });
  await Promise.all(["web", "patient"].map(async (name) => await cluster.healthy(name)));
  const patient = () => cluster.pids(first(), "sleep 12345").length;
  const before = cluster.pids(first(), "httpd -f");
  expect(before).toHaveLength(1);
  for (const host of others()) await host.cut();
  const refused = await cluster.tryAgent(first(), ["token", "host9"]);
  expect(refused.said).toMatch(/too few of them answer|it reaches no majority of the servers/);
  await until("what has stopAfter to end", async () => patient() === 0 || undefined);
  const agent = cluster.agentPid(first());
  await first().output(["kill", "-9", String(agent)]);
  await until("the next agent to say why it changes nothing", async () => {
    const answer = await cluster
      .clientOf(first())
      .info()
      .catch((error: Error) => error.message);
    return /too few of them answer|no majority of the servers/.test(String(answer)) || undefined;
  });
  await until("one agent, another one", async () => {
    // A child of it looks the same for a moment.
    const pids = cluster.agentPids(first());
    return (pids.length === 1 && pids[0] !== agent) || undefined;
  });
  expect(cluster.pids(first(), "httpd -f")).toEqual(before);
  for (const host of others()) await host.heal();
  await written(first(), "after the cut");
  await Promise.all(["web", "patient"].map(async (name) => await cluster.healthy(name)));
  expect(cluster.pids(first(), "httpd -f")).toEqual(before);
});

test("a full disk on the leader: a change by it fails and says why, the others take changes, no instance is touched, new ones go elsewhere, and it goes on once there is room; within 30 s each", async () => {
  await cluster.serve("web", { replicas: 3 });
  await cluster.healthy("web");
  const workers = () => cluster.servers.map((host) => cluster.pids(host, "httpd -f"));
  const before = workers();
  const leader = await leaderOf(cluster);
  const rest = cluster.servers.filter((host) => host !== leader);
  const disk = await leader.fillDisk();
  try {
    const refusal = await until(
      "a change to be refused",
      async () => {
        for (const host of rest) await writeLarge(host);
        return await writeLarge(leader).catch((error: Error) => error.message);
      },
      60_000,
    );
    expect(refusal).toMatch(/no space left for .*etcd; free some, and it goes on by itself/);
    for (const host of rest) await writeLarge(host);
    expect(workers()).toEqual(before);
    await beside(rest[0] as Host, leader, before[cluster.servers.indexOf(leader)]);
  } finally {
    await disk.end();
  }
  const isTaken = async () =>
    await writeLarge(leader).then(
      () => true,
      () => undefined,
    );
  await until("a change by it", isTaken, 30_000);
  const known = async (host: Host) => (await cluster.clientOf(host).listDocuments("configfiles")).length;
  for (const host of rest) expect(await known(host)).toBe(await known(leader));
  expect(cluster.pids(leader, "httpd -f")).toEqual(before[cluster.servers.indexOf(leader)]);
  await until(
    "its disk to have room",
    async () => (await isFull(rest[0] as Host, leader)) === false || undefined,
  );
});

const isFull = async (asked: Host, { hostname }: Host) =>
  (await cluster.clientOf(asked).listHosts()).find(({ name }) => name === hostname)?.isDiskFull ?? false;

/** A server says that another one's disk is full, and places nothing there, where what runs goes on. */
async function beside(asked: Host, full: Host, before: readonly number[] | undefined): Promise<void> {
  await until("its full disk to be told of", async () => (await isFull(asked, full)) || undefined);
  const client = cluster.clientOf(asked);
  const address = { namespace: "default", plural: "services", name: "web" };
  const web = await client.getDocument(address);
  const inputs = { ...web?.inputs, replicas: 5 };
  await client.putDocument(address, { owner, inputs }, { ifMatch: web?.etag ?? "" });
  await until("all to serve", async () => {
    const instances = (await client.getDocument(address))?.status?.instances ?? [];
    return instances.filter(({ healthy }) => healthy).length === 5 || undefined;
  });
  expect(cluster.pids(full, "httpd -f")).toEqual(before);
  const explained = await client.explainService({ namespace: "default", name: "web" });
  const refused = explained?.hosts.find(({ name }) => name === full.hostname);
  expect(refused?.reasons).toContain("has a full disk");
}

test("a server with the second copy of an uploaded image is removed: another one gets it before it goes; within 30 s", async () => {
  const [second, third] = others() as [Host, Host];
  const folder = (host: Host) => `${host.root}/c/lib/images/blobs`;
  const blobsOf = async (host: Host) => await host.output(["ls", folder(host)]);
  const wanted = await blobsOf(first());
  await third.output(["sh", "-c", `rm -f ${folder(third)}/*`]);
  await until("two copies", async () => (await blobsOf(second)) === wanted || undefined);
  await cluster.client.deleteServer(second.hostname);
  expect(await blobsOf(third)).toBe(wanted);
});

let largeOnes = 0;
/** A document of 100 kB, by one server; in time for it to say what is wrong. */
async function writeLarge(host: Host): Promise<undefined> {
  largeOnes += 1;
  const address = { namespace: "default", plural: "configfiles", name: `large-${largeOnes}` };
  const inputs = { content: "x".repeat(100_000) };
  await cluster.clientOf(host, { timeoutMs: 20_000 }).putDocument(address, { owner, inputs }, {});
}
