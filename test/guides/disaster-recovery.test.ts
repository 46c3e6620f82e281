import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { giveId, joinWorker, startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import { engineEnvironment } from "../e2e/stack.ts";
import type { Host } from "../lab/index.ts";
import { follow, readSections } from "./follow.ts";

let cluster: TestCluster;
let [first, second, third, fourth]: Host[] = [];
/** No server; it runs an instance. */
let worker: Host;
beforeAll(async () => {
  cluster = await startCluster(3, 3);
  [first, second, third] = cluster.servers;
  fourth = await cluster.lab.add();
  worker = await cluster.lab.add();
  await Promise.all([giveId(fourth), giveId(worker)]);
  await joinWorker(cluster, worker);
  const constraints = [{ key: "host.name", values: [worker.hostname] }];
  await cluster.serve("web", { replicas: 1, placement: { constraints } });
  await cluster.healthy("web");
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const at = (host: Host | undefined): Host => {
  if (host === undefined) throw new Error("there is no such host");
  return host;
};
const api = () => cluster.clientOf(at(second));
const describeSecond = async (note: string) =>
  await api()
    .putHost(at(second).hostname, { labels: { note } })
    .catch(() => undefined);
const served = () => cluster.pids(worker, "httpd -f");
let servedBefore: readonly number[] = [];
const isRefused = async () => {
  const { code, said } = await cluster.tryAgent(at(second), ["token", "host9"]);
  expect(said).toMatch(/too few of them answer|it reaches no majority of the servers/);
  expect(code).not.toBe(0);
};

/** What happens to the machines before a section is followed. */
const disasters: Readonly<Record<string, () => Promise<unknown>>> = {
  async "A server is gone"() {
    await at(first).kill();
    await until("a change to be taken without it", () => describeSecond("one is gone"));
    const { said } = await cluster.tryAgent(at(second), ["down"]);
    expect(said).toMatch(/the majority would be lost: 1 of 2 servers would answer.*start host1 or remove it/);
  },
  async "Once it has joined"() {
    const token = await at(second).output(["cat", `${at(second).root}/token`]);
    await cluster.agent(at(fourth), ["join", "--server", at(second).address], token);
  },
  async "The majority is gone"() {
    await describeSecond("before the majority is gone");
    servedBefore = served();
    await Promise.all([at(third).kill(), at(fourth).kill()]);
    await isRefused();
  },
};

describe("docs/guides/disaster-recovery.md", () => {
  test.each(readSections("disaster-recovery"))("$title", async ({ title, steps }) => {
    await disasters[title]?.();
    const { root } = at(second);
    await follow(at(second), steps, { cwd: root, env: await engineEnvironment(root), timeoutMs: 100_000 });
  });

  test("a recovered server has the state, a host that is none follows it, its instance untouched, and one that was given up joins anew", async () => {
    expect((await api().getHost(at(second).hostname))?.labels).toEqual({
      note: "before the majority is gone",
    });
    await cluster.isState(worker, "ready");
    expect([servedBefore.length, served()]).toEqual([1, servedBefore]);
    const web = { namespace: "default", plural: "services", name: "web" };
    const { owner, inputs, etag } = (await api().getDocument(web)) ?? {};
    if (!owner || !etag) throw new Error("the service is gone");
    await api().putDocument(web, { owner, inputs: { ...inputs, replicas: 2 } }, { ifMatch: etag });
    await cluster.healthy("web");
    expect(served()).toEqual(expect.arrayContaining([...servedBefore]));
    await at(third).reboot();
    await giveId(at(third));
    await cluster.agent(at(third), ["down", "--force"]);
    const token = await cluster.agent(at(second), ["token", "host3", "--role", "server"]);
    await cluster.agent(at(third), ["join", "--server", at(second).address], token);
    const servers = await cluster.clientOf(at(third)).listServers();
    expect(servers.map(({ name, role }) => `${name} ${role}`)).toEqual(["host2 voter", "host3 voter"]);
  });
});
