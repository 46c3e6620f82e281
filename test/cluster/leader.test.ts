import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(3, 3);
  for (const server of servers()) await cluster.isState(server, "ready");
}, 180_000);
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const servers = () => cluster.servers;
const address = (name: string) => ({ namespace: "default", plural: "services", name });

/** In milliseconds, some times what is usual. */
const bounds = { schedulingMs: 10_000, replacementMs: 30_000 };

/** What each server answers, once they agree. */
async function agreed<T>(what: string, ask: (host: Host) => Promise<T>, among = servers()): Promise<T> {
  return await until(`all servers to agree on ${what}`, async () => {
    const [first, ...others] = await Promise.all(among.map(ask));
    const texts = others.map((answer) => JSON.stringify(answer));
    return texts.every((text) => text === JSON.stringify(first)) ? first : undefined;
  });
}

/** The server whose agent said last that it leads. */
async function leader(): Promise<Host> {
  const times = await Promise.all(
    servers().map(async (host) => {
      const { stdout } = await host.run([
        "sh",
        "-c",
        `grep -h '"this server leads"' ${host.root}/c/*/agent.log`,
      ]);
      const last = stdout.trim().split("\n").at(-1);
      return { host, epoch: last ? Number(JSON.parse(last).epoch) : 0 };
    }),
  );
  return times.reduce((best, one) => (one.epoch > best.epoch ? one : best)).host;
}

/** Milliseconds until instances that were just asked for are placed. */
async function scheduled(name: string, by: Host, replicas: number): Promise<number> {
  const client = cluster.clientOf(by);
  const startedAt = performance.now();
  await until(
    `${name} to be written`,
    async () => {
      const earlier = await client.getDocument(address(name)).catch(() => undefined);
      if (!earlier) return undefined;
      const body = { owner: earlier.owner, inputs: { ...earlier.inputs, replicas } };
      const options = { ifMatch: earlier.etag };
      return await client.putDocument(address(name), body, options).catch(() => undefined);
    },
    bounds.schedulingMs,
  );
  await until(
    `${name} to be placed`,
    async () => {
      const status = (await client.getDocument(address(name)).catch(() => undefined))?.status;
      const there = status?.instances.filter(({ state }) => state !== "lost") ?? [];
      return there.length >= replicas || undefined;
    },
    bounds.schedulingMs,
  );
  return performance.now() - startedAt;
}

test("a server that does not lead answers as the leader does, of what is wanted, where it runs, why it does not, and by logs and exec", async () => {
  await cluster.serve("web", { replicas: 3 });
  await cluster.healthy("web");
  await cluster.serve("stuck", {
    replicas: 2,
    placement: { constraints: [{ key: "host.name", operator: "In", values: ["nowhere"] }] },
  });
  const status = await agreed("stuck", async (host) => {
    const document = await cluster.clientOf(host).getDocument(address("stuck"));
    return document?.status?.observedRevision === document?.revision ? document?.status : undefined;
  });
  expect(status?.rejections).toHaveLength(2);
  const explained = await agreed("why", (host) =>
    cluster.clientOf(host).explainService({ namespace: "default", name: "stuck" }),
  );
  expect(explained?.rejections).toHaveLength(2);
  await agreed("instances", (host) => cluster.clientOf(host).listInstances({}));
  const instances = await cluster.client.listInstances({ service: "web" });
  expect(new Set(instances.map(({ host }) => host)).size).toBe(3);
  for (const server of servers())
    for (const { id, host } of instances) {
      const isReached = async () => await cluster.clientOf(server).stats();
      await until(`${server.hostname} to reach all`, async () =>
        (await isReached()).hosts.length === 3 ? true : undefined,
      );
      const running = await cluster.clientOf(server).exec(id, { command: ["hostname"] });
      running.stdin.end();
      let said = "";
      for await (const data of running.stdout) said += Buffer.from(data).toString();
      expect([host, await running.exit, said.trim()]).toEqual([host, 0, expect.stringMatching(/^web-\d$/)]);
    }
});

test("a document that is written on any server is acted upon", async () => {
  for (const [at, server] of servers().entries()) {
    const ms = await scheduled("web", server, 4 + at);
    expect(ms).toBeLessThan(bounds.schedulingMs);
  }
  await cluster.healthy("web");
});

test("kill -9 of the leader's agent: instances are placed; within 10 s", async () => {
  const before = await leader();
  const [other] = servers().filter((host) => host !== before);
  if (!other) throw new Error("there is no other server");
  await before.run(["kill", "-9", String(cluster.agentPid(before))]);
  const ms = await scheduled("web", other, 7);
  process.stderr.write(`the leader's agent killed: placed after ${Math.round(ms)} ms\n`);
  await cluster.healthy("web");
});

test("the leader's agent hangs: another leads, and once it goes on, no slot is filled twice; within 10 s", async () => {
  const before = await leader();
  const [other] = servers().filter((host) => host !== before);
  if (!other) throw new Error("there is no other server");
  const pid = String(cluster.agentPid(before));
  await before.run(["kill", "-STOP", pid]);
  const ms = await scheduled("web", other, 8);
  process.stderr.write(`the leader's agent hangs: placed after ${Math.round(ms)} ms\n`);
  expect(await leader()).not.toBe(before);
  await before.run(["kill", "-CONT", pid]);
  await until(
    "the agent beside raft's leader to lead again",
    async () => (await leader()) === before || undefined,
  );
  const slots = (await cluster.healthy("web")).map(({ name }) => name);
  expect(new Set(slots).size).toBe(slots.length);
});

test("power failure of the leader: another one places instances, and its own run elsewhere; within 30 s", async () => {
  const before = await leader();
  const others = servers().filter((host) => host !== before);
  const [other] = others;
  if (!other) throw new Error("there is no other server");
  await before.kill();
  const ms = await scheduled("web", other, 9);
  process.stderr.write(`the leader's host killed: placed after ${Math.round(ms)} ms\n`);
  const client = cluster.clientOf(other);
  const startedAt = performance.now();
  await until(
    "all to run on the others",
    async () => {
      const document = await client.getDocument(address("web")).catch(() => undefined);
      const healthy =
        document?.status?.instances.filter((one) => one.healthy && one.state === "running") ?? [];
      return healthy.length === 9 && healthy.every(({ host }) => host !== before.hostname) ? true : undefined;
    },
    bounds.replacementMs,
  );
  process.stderr.write(`its instances run elsewhere ${Math.round(performance.now() - startedAt)} ms later\n`);
  await agreed(
    "who is lost",
    async (host) => (await cluster.clientOf(host).listHosts()).map(({ name, state }) => `${name} ${state}`),
    others,
  );
});
