import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { owner } from "../faults/service.ts";
import type { Host } from "../lab/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";
import { type Followed, serveFollowed } from "./followed.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(2);
  await cluster.serve("web", { replicas: 2 });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

test("instances reach each other by name across hosts, and are reached by logs and exec wherever they run", async () => {
  for (const { id, host } of await cluster.healthy("web")) {
    const answers = await cluster.exec(id, ["wget", "-qO-", "http://web:8000/hostname"]);
    expect(`${host}: ${answers.stdout} ${answers.code}`).toMatch(new RegExp(`^${host}: web-\\d\\n 0$`));
    expect(await cluster.exec(id, ["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
      ...{ stdout: "out\n", stderr: "err\n", code: 7 },
    });
    expect(await cluster.exec(id, ["cat"], "typed in")).toMatchObject({ stdout: "typed in", code: 0 });
  }
  await cluster.serve("talker", {
    ...{ replicas: 2, command: ["sh", "-c", "echo said on $CONSTELLATION_HOST; exec sleep 1000"] },
    healthCheck: undefined,
  });
  for (const { id, host } of await cluster.healthy("talker")) {
    const lines: string[] = [];
    for await (const { text } of cluster.client.logs(id, {}, AbortSignal.timeout(10_000))) lines.push(text);
    expect(lines).toEqual([`said on ${host}`]);
  }
  const sample = await cluster.client.stats();
  expect(sample.hosts.map(({ name }) => name).sort()).toEqual(["host1", "host2"]);
  expect(sample.items).toHaveLength(4);
});

test("services of a network reach each other by name, alias and fixed address from host to host; others are refused", async () => {
  const [one = "", two = ""] = cluster.lab.hosts.map(({ hostname }) => hostname);
  const on = (host: string) => ({ placement: { constraints: [{ key: "host.name", values: [host] }] } });
  const address = { namespace: "default", plural: "networks", name: "back" };
  const inputs = { cidr: "172.20.0.0/16", internal: true };
  await cluster.client.putDocument(address, { owner, inputs }, {});
  const fixed = "172.20.0.10";
  await cluster.serve("db", {
    ...on(two),
    networks: [{ network: "back", aliases: ["store"], address: fixed }],
  });
  await cluster.serve("api", { ...on(one), networks: [{ network: "back" }] });
  const [db] = await cluster.healthy("db");
  const [api] = await cluster.healthy("api");
  const [stranger] = (await cluster.healthy("web")).filter(({ host }) => host === one);
  const ask = async (id = "", name = "") =>
    await cluster.exec(id, ["wget", "-qO-", `http://${name}:8000/hostname`]);
  // Names follow within a second.
  await until("its name to be told", async () => (await ask(api?.id, "db")).code === 0 || undefined);
  for (const name of ["db", "store", "db-0.db", fixed, db?.address])
    expect([name, await ask(api?.id, name)]).toMatchObject([name, { stdout: "db-0\n", code: 0 }]);
  expect(await ask(stranger?.id, "db")).toMatchObject({ stderr: expect.stringContaining("bad address") });
  for (const name of [fixed, db?.address])
    expect(await ask(stranger?.id, name)).toMatchObject({ stderr: expect.stringContaining("refused") });
  expect(await ask(api?.id, "web")).toMatchObject({ stderr: expect.stringContaining("bad address") });
  await expect(cluster.client.deleteDocument(address)).rejects.toThrow(/takes part in it/);
});

describe("a service that is followed from every host", () => {
  let followed: Followed;
  beforeAll(async () => {
    followed = await serveFollowed(cluster);
  });

  test("an instance becomes unhealthy: on every host its service's name and virtual address lead to the others alone, and to it again once it is healthy; within 5 s each", async () => {
    const { instances, setWell, leadsTo } = followed;
    expect(instances.map(({ host }) => host).sort()).toEqual(["host1", "host2"]);
    await leadsTo(instances);
    for (const one of instances) {
      await setWell(one, false);
      const leftMs = await leadsTo(instances.filter((other) => other !== one));
      await setWell(one, true);
      const enteredMs = await leadsTo(instances);
      const times = `left after ${Math.round(leftMs)} ms, entered after ${Math.round(enteredMs)} ms`;
      process.stderr.write(`an instance of ${one.host}, as seen on every host: ${times}\n`);
    }
  });

  test("kill -9 of the server's store, guard and agent, then of the other host's: names and virtual addresses answer on both, follow what becomes of a host's own instance there meanwhile, and all changes again after an up; at once", async () => {
    const { instances, setWell, leadsTo, faultsFor } = followed;
    const [worker] = cluster.workers as [Host];
    const [own, ...elsewhere] = [...instances].sort((a) => (a.host === worker.hostname ? -1 : 1));
    await killAll(cluster.server);
    expect(await faultsFor(3_000)).toEqual([]);
    if (!own) throw new Error("none is there");
    await setWell(own, false);
    await leadsTo(elsewhere, [worker]);
    await setWell(own, true);
    await leadsTo(instances, [worker]);
    await killAll(worker);
    expect(await faultsFor(3_000)).toEqual([]);
    for (const host of cluster.lab.hosts) await cluster.agent(host, ["up"]);
    for (const host of cluster.lab.hosts) await cluster.isState(host, "ready");
    const [one, ...others] = await cluster.healthy("follower");
    if (!one) throw new Error("none is healthy");
    expect([one, ...others].map(({ id }) => id).sort()).toEqual(instances.map(({ id }) => id).sort());
    await setWell(one, false);
    await leadsTo(others);
  });
});

/** All that decides on a host, and none of it comes back by itself. */
async function killAll(host: Host): Promise<void> {
  await until("none of them to be left", async () => {
    const pids = ["constellation-guard run", "/agent/main.js run", "--data-dir="].flatMap((text) =>
      cluster.pids(host, text),
    );
    if (pids.length > 0) await host.run(["kill", "-9", ...pids.map(String)]);
    return pids.length === 0 || undefined;
  });
}
