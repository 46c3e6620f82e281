import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(3, 3);
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
