import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { livenessLimits } from "../../agent/hosts/index.ts";
import { until } from "../control/until.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

describe.each([3, 5])("on %i hosts", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  test("replicas spread over the hosts, which get an uploaded image from the server", async () => {
    await cluster.serve("web", { replicas: 2 * count });
    const instances = await cluster.healthy("web");
    const counts = Map.groupBy(instances, ({ host }) => host);
    expect([...counts.values()].map(({ length }) => length)).toEqual(Array(count).fill(2));
    const hosts = await cluster.client.listHosts();
    expect(hosts.map(({ name, role, state, cidr }) => [name, role, state, cidr])).toEqual([
      ["host1", "server", "ready", "10.96.0.0/22"],
      ...cluster.workers.map(({ number }) => [
        `host${number}`,
        "host",
        "ready",
        expect.stringMatching(/^10\.96\.\d+\.0\/22$/),
      ]),
    ]);
  });

  const [first, second] = [() => worker(0), () => worker(1)];

  test("kill -9 of a host's agent: its session returns and no instance is touched; within 20 s", async () => {
    const before = cluster.pids(first(), "httpd -f");
    const reported = async () =>
      (await cluster.client.listHosts()).find(({ name }) => name === first().hostname)?.startedAt;
    const startedAt = await reported();
    await first().output(["kill", "-9", String(cluster.agentPid(first()))]);
    await until("its next agent to report", async () =>
      (await reported()) === startedAt ? undefined : true,
    );
    await cluster.isState(first(), "ready");
    await cluster.healthy("web");
    // While it is probed, a server has a process more.
    await until(
      "the processes of before, and no other",
      async () => `${cluster.pids(first(), "httpd -f")}` === `${before}` || undefined,
    );
  });

  test("a host cut off: it keeps what it runs, others take its place, and one of each goes when it is back; within 20 s each way", async () => {
    const before = cluster.pids(second(), "httpd -f");
    expect(before).toHaveLength(2);
    await second().cut();
    await cluster.isState(second(), "lost");
    const elsewhere = await cluster.healthy("web");
    expect(elsewhere.map(({ host }) => host)).not.toContain(second().hostname);
    expect(cluster.pids(second(), "httpd -f")).toEqual(before);
    await second().heal();
    await cluster.isState(second(), "ready");
    await until("one instance a slot", async () => {
      const all = await cluster.client.listInstances({ service: "web" });
      return all.length === 2 * count && all.every(({ state }) => state === "running") ? true : undefined;
    });
  });

  test("more than half of the hosts silent at once: for less than 5 s none is lost and no instance is moved, and what is silent for longer is; within 20 s each way", async () => {
    const states = new Set<string>();
    const silent = async () => {
      const hosts = (await cluster.client.listHosts()).filter(({ role }) => role === "host");
      for (const { state } of hosts) states.add(state);
      return hosts.map(({ state }) => state);
    };
    const before = await until("two on each host again", async () => {
      const all = await cluster.healthy("web");
      const counts = [...Map.groupBy(all, ({ host }) => host).values()].map(({ length }) => length);
      return counts.length === count && counts.every((each) => each === 2) ? all : undefined;
    });
    // One cut, so that all fall silent at the same moment.
    await cluster.server.cut();
    await until(
      "all to be suspect",
      async () => (await silent()).every((state) => state === "suspect") || undefined,
    );
    const { lostMs, suspectMs } = livenessLimits;
    const patientUntil = performance.now() + lostMs - suspectMs + 500;
    await until("one of them to have been lost", async () => {
      await silent();
      return performance.now() > patientUntil || undefined;
    });
    await cluster.server.heal();
    await until(
      "all to be ready",
      async () => (await silent()).every((state) => state === "ready") || undefined,
    );
    expect([...states]).not.toContain("lost");
    expect((await cluster.healthy("web")).map(({ id }) => id)).toEqual(before.map(({ id }) => id));

    await cluster.server.cut();
    for (const worker of cluster.workers) await cluster.isState(worker, "lost");
    const here = await cluster.healthy("web");
    expect(new Set(here.map(({ host }) => host))).toEqual(new Set([cluster.server.hostname]));
    await cluster.server.heal();
    for (const worker of cluster.workers) await cluster.isState(worker, "ready");
    await until("one instance a slot", async () => {
      const all = await cluster.client.listInstances({ service: "web" });
      return all.length === 2 * count && all.every(({ state }) => state === "running") ? true : undefined;
    });
  });

  test("kill -9 of a host: its instances run elsewhere; within 20 s", async () => {
    await first().kill();
    await cluster.isState(first(), "lost");
    const serving = await cluster.healthy("web");
    expect(serving.map(({ host }) => host)).not.toContain(first().hostname);
    const hosts = await cluster.client.listHosts();
    expect(hosts.find(({ name }) => name === first().hostname)).toMatchObject({ state: "lost" });
  });

  function worker(index: number) {
    const found = cluster.workers[index];
    if (found === undefined) throw new Error(`there is no worker ${index}`);
    return found;
  }
});
