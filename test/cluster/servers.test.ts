import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(3, 3);
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const servers = () => cluster.servers;

test("three hosts are three servers by commands alone, and any of them takes a change that all of them see", async () => {
  const [, second, third] = servers();
  if (!second || !third) throw new Error("there are no three hosts");
  await cluster.clientOf(second).putHost(second.hostname, { address: second.address });
  for (const server of servers()) {
    await until(`${server.hostname} to see three servers`, async () => {
      const seen = await cluster.clientOf(server).listHosts();
      return seen.filter(({ role }) => role === "server").length === 3 || undefined;
    });
  }
  expect(
    await second.output([
      "sh",
      "-c",
      `stat -c %a $(find ${second.root}/c -name secrets.key -o -name ca.key)`,
    ]),
  ).toBe("600\n600\n");
});

test("kill -9 of a server: changes go on; within 20 s", async () => {
  const [first, second, third] = servers();
  await first?.kill();
  if (!second || !third) throw new Error("there are no three hosts");
  const labels = { after: "the death" };
  const client = cluster.clientOf(second);
  await until(
    "a change to be taken",
    async () => await client.putHost(second.hostname, { labels }).catch(() => undefined),
    20_000,
  );
  await until("the third server to see it", async () => {
    const seen = await cluster.clientOf(third).getHost(second.hostname);
    return seen?.labels?.after === labels.after || undefined;
  });
});
