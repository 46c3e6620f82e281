import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(3);
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

test("replicas spread over the hosts, which get an uploaded image from the server", async () => {
  await cluster.serve("web", { replicas: 6 });
  const instances = await cluster.healthy("web");
  const counts = Map.groupBy(instances, ({ host }) => host);
  expect([...counts.values()].map(({ length }) => length)).toEqual([2, 2, 2]);
  const hosts = await cluster.client.listHosts();
  expect(hosts.map(({ name, role, state, cidr }) => [name, role, state, cidr])).toEqual([
    ["host1", "server", "ready", "10.96.0.0/22"],
    ...[2, 3].map((number) => [
      `host${number}`,
      "host",
      "ready",
      expect.stringMatching(/^10\.96\.[48]\.0\/22$/),
    ]),
  ]);
});
