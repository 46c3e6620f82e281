import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { drainHost } from "../../contract/index.ts";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import { startLoad } from "../e2e/load.ts";
import { otherBuild } from "../e2e/other-build.ts";
import type { Host } from "../lab/index.ts";
import { expectNoneFailed } from "./steady.ts";

describe.each([3, 5])("on %i hosts, three of them servers", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count, 3);
    await cluster.serve("web", { replicas: 3, update: { strategy: "stop-first", maxUnavailable: 1 } });
    await cluster.healthy("web");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  const version = "0.2.0";

  /** From hosts, by the virtual address: so it goes to instances on every host. */
  async function loadFrom(hosts: readonly Host[]) {
    const address = { namespace: "default", plural: "services", name: "web" };
    const document = await cluster.client.getDocument(address);
    const url = `http://${String(document?.outputs.address)}:8000/hostname`;
    return await Promise.all(hosts.map(async (host) => await startLoad(host, url)));
  }

  async function drain({ hostname }: Host): Promise<void> {
    const { signal } = new AbortController();
    await drainHost(cluster.client, hostname, { timeoutMs: 30_000, signal, onProgress: () => {} });
  }

  const processes = () => cluster.lab.hosts.map((host) => cluster.pids(host, "httpd -f"));

  test("the agents of all hosts are upgraded one after the other: no request fails and no instance is touched; within 60 s", async () => {
    const before = processes();
    const loads = await loadFrom(cluster.lab.hosts);
    for (const host of cluster.lab.hosts) {
      cluster.install(host, otherBuild(join(host.root, "next"), version));
      await cluster.agent(host, ["up"]);
      await until(`the agent of ${host.hostname}`, async () => {
        const found = (await cluster.client.listHosts()).find(({ name }) => name === host.hostname);
        return found?.agentVersion === version && found.state === "ready" ? true : undefined;
      });
    }
    for (const load of loads) await expectNoneFailed(load);
    expect(processes()).toEqual(before);
  });

  test("all hosts are drained and rebooted one after the other, with maxUnavailable 1: no request fails from those that are up; within 60 s each", async () => {
    for (const host of cluster.lab.hosts) {
      const loads = await loadFrom(cluster.lab.hosts.filter((each) => each !== host));
      await drain(host);
      expect(cluster.pids(host, "httpd -f")).toEqual([]);
      await cluster.reboot(host);
      await cluster.isState(host, "ready");
      await cluster.client.putHost(host.hostname, { availability: "active" });
      await cluster.healthy("web");
      for (const load of loads) await expectNoneFailed(load);
    }
  });
});
