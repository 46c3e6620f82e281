import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { giveId, startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import { otherBuild } from "../e2e/other-build.ts";

describe.each([3, 5])("on %i hosts, the last of which join", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count - 1);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  /** Into a join: while it looks at the machine, while it asks, while its agent comes up. */
  const moments = [150, 400, 700, 1_000];

  test("a host whose power fails again and again while it joins: the same token joins it in the end, once; within 30 s", async () => {
    const host = await cluster.lab.add();
    await giveId(host);
    const token = await cluster.token(host.hostname);
    const enter = ["join", "--server", cluster.server.address];
    for (const moment of moments) {
      const began = performance.now();
      const joining = cluster.tryAgent(host, enter, token).catch(() => undefined); // it dies with its host
      await until("the moment", async () => performance.now() - began > moment || undefined);
      await host.reboot();
      await joining;
    }
    await cluster.agent(host, enter, token);
    await cluster.isState(host, "ready");
    const names = (await cluster.client.listHosts()).map(({ name }) => name);
    expect(names.sort()).toEqual(cluster.lab.hosts.map(({ hostname }) => hostname).sort());
  });

  test("a host that dies while it joins and never comes back: nothing is placed there, and its name is free once it is removed; within 20 s", async () => {
    const host = await cluster.lab.add();
    await giveId(host);
    const token = await cluster.token(host.hostname);
    await cluster.agent(host, ["join", "--server", cluster.server.address], token);
    await host.kill();
    await cluster.serve("web", { replicas: 4 });
    const running = await cluster.healthy("web");
    expect(running.map((instance) => instance.host)).not.toContain(host.hostname);
    await cluster.client.deleteHost(host.hostname, { force: true });
    const other = await cluster.lab.add();
    await giveId(other);
    const again = await cluster.token(host.hostname);
    await cluster.agent(other, ["join", "--server", cluster.server.address], again);
    await until("the other machine by that name", async () => {
      const hosts = await cluster.client.listHosts();
      return hosts.find(({ name, state }) => name === host.hostname && state === "ready");
    });
  });

  /** A clock that is ahead, which no lab can give a host: all have this machine's. */
  const aheadMs = 90_000;
  const ahead = `const Now = Date; globalThis.Date = class extends Now {
  constructor(...given) { if (given.length === 0) super(Now.now() + ${aheadMs}); else super(...given); }
  static now() { return Now.now() + ${aheadMs}; }
};`;

  test("a host whose clock is ahead: the servers say by how much, and it runs instances; within 20 s", async () => {
    const host = await cluster.lab.add();
    await giveId(host);
    cluster.install(host, otherBuild(join(host.root, "ahead"), "0.1.0", ahead));
    const token = await cluster.token(host.hostname);
    await cluster.agent(host, ["join", "--server", cluster.server.address], token);
    const skewMs = await until("its clock to be known", async () => {
      const hosts = await cluster.client.listHosts();
      return hosts.find(({ name }) => name === host.hostname)?.clockSkewMs;
    });
    expect(Math.abs(skewMs - aheadMs)).toBeLessThan(10_000);
    const constraints = [{ key: "host.name", operator: "In", values: [host.hostname] }];
    await cluster.serve("ahead", { placement: { constraints } });
    expect((await cluster.healthy("ahead")).map((instance) => instance.host)).toEqual([host.hostname]);
  });
});
