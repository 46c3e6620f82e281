import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { imageDigest, startAgent, type TestAgent } from "./agent.ts";
import { until } from "./until.ts";

const owner = { engine: "cli", id: "tester" } as const;
const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
const settings = { labels: { zone: "a" }, reserved: { cpu: 1, memory: "1Gi" } };
let agent: TestAgent;

beforeAll(async () => {
  agent = await startAgent();
  await agent.client.putCluster({ owner, name: "home", network, ...settings });
});
afterAll(async () => await agent?.close());

const at = (name: string) => ({ namespace: "shop", plural: "services", name });
const body = (inputs: Record<string, unknown>) => ({
  owner,
  inputs: { image: "oci:images:web", imageDigest: imageDigest("a"), ...inputs },
});
const zone = (value: string) => ({ constraints: [{ key: "zone", values: [value] }] });

async function put(name: string, inputs: Record<string, unknown>, dryRun = false) {
  const before = await agent.client.getDocument(at(name));
  return await agent.client.putDocument(at(name), body(inputs), {
    dryRun,
    ...(before && { ifMatch: before.etag }),
  });
}

const running = async (name: string, count: number) =>
  await until(`${count} of ${name} run`, async () => {
    const there = await agent.client.listInstances({ namespace: "shop", service: name });
    return there.length === count && there.every(({ healthy }) => healthy) ? true : undefined;
  });

const rejected = async (name: string) =>
  await until(
    `${name} is rejected`,
    async () => (await agent.client.getDocument(at(name)))?.status?.rejections[0],
  );

test("a host says what it is, and keeps what its owner reserved", async () => {
  const [host] = await until("it has reported", async () => {
    const hosts = await agent.client.listHosts();
    return hosts.length > 0 ? hosts : undefined;
  });
  expect(host).toMatchObject({
    ...{ availability: "active", labels: { zone: "a" }, systemReserved: { cpu: 1, memory: 2 ** 30 } },
    attributes: { "host.name": "vm", "host.kernel": "6.1", "host.cpu": "4" },
  });
});

test("a dry run says where instances would go, or why nowhere, and keeps nothing for them", async () => {
  expect((await put("web", { placement: zone("a"), replicas: 2 }, true)).notes).toEqual([
    "as of now would go to vm (2)",
  ]);
  expect((await put("web", { placement: zone("b") }, true)).notes).toEqual([
    "as of now 1 of 1 would go nowhere: 1 host: vm fails the constraint zone in b (a)",
  ]);
  expect(await agent.client.explainService(at("web"))).toBeUndefined();
});

test("a constraint that no host meets is told with each host's reason, and met once the labels change", async () => {
  await put("web", { placement: zone("b") });
  const message = "1 host: vm fails the constraint zone in b (a)";
  expect(await rejected("web")).toEqual({ slot: "web-0", message });
  expect(await agent.client.explainService(at("web"))).toEqual({
    ...{ namespace: "shop", service: "web", wanted: 1, placed: [] },
    rejections: [{ slot: "web-0", message }],
    hosts: [{ name: "vm", instances: 0, reasons: ["fails the constraint zone in b (a)"] }],
  });
  await agent.client.putCluster({ owner, name: "home", network, ...settings, labels: { zone: "b" } });
  await running("web", 1);
  expect(await agent.client.explainService(at("web"))).toMatchObject({
    placed: [{ slot: "web-0", host: "vm", reason: "wanted" }],
    ...{ rejections: [], hosts: [{ name: "vm", instances: 1, reasons: [] }] },
  });
});

test("a change of placement replaces nothing that still fits; what no longer does stays where nowhere else is", async () => {
  const [before] = await agent.client.listInstances({ namespace: "shop", service: "web" });
  await put("web", { placement: { ...zone("b"), priority: 1 } });
  await put("web", { placement: zone("c") });
  expect((await rejected("web")).message).toBe("1 host: vm fails the constraint zone in c (b)");
  const after = await agent.client.listInstances({ namespace: "shop", service: "web" });
  expect(after.map(({ id, state }) => [id, state])).toEqual([[before?.id, "running"]]);
});

test("a taint keeps away those that do not tolerate it, and leaves what is there", async () => {
  const taints = [{ key: "gpu", effect: "NoSchedule" as const }];
  await agent.client.putCluster({ owner, name: "home", network, ...settings, taints });
  await put("batch", {});
  expect((await rejected("batch")).message).toBe("1 host: vm has the taint gpu");
  await put("train", { placement: { tolerations: [{ key: "gpu", operator: "Exists" }] } });
  await running("train", 1);
  expect(await agent.client.listInstances({ namespace: "shop", service: "web" })).toHaveLength(1);
  await agent.client.putCluster({ owner, name: "home", network, ...settings });
  await running("batch", 1);
});

test("one instance a host, as many as there are hosts", async () => {
  await put("node", { perHost: true });
  await running("node", 1);
  expect((await agent.client.getDocument(at("node")))?.status?.wanted).toBe(1);
  await expect(put("node", { perHost: true, replicas: 3 })).rejects.toMatchObject({
    violations: [{ path: "replicas", reason: expect.stringMatching(/perHost/) }],
  });
});

test("what is more important takes the room of what is less, never of its equal, and is told so", async () => {
  const half = { resources: { cpu: 1.2 } };
  await put("low", { ...half, placement: { priority: -1 } });
  await put("other", half);
  await Promise.all([running("low", 1), running("other", 1)]);
  await put("equal", { ...half, placement: { priority: -1 } });
  expect((await rejected("equal")).message).toMatch(/^1 host: vm lacks 1.2 cores \(0\.\d free\)$/);
  await agent.client.deleteDocument(at("equal"));
  await put("high", { ...half, placement: { priority: 10 } });
  await running("high", 1);
  await running("other", 1);
  expect((await rejected("low")).message).toMatch(/lacks 1.2 cores/);
  const events = agent.client.events(
    { namespace: "shop", service: "low", tail: 20, follow: false },
    AbortSignal.timeout(5_000),
  );
  const told: string[] = [];
  for await (const { event } of events) if (event.type === "decision") told.push(event.message);
  expect(told).toContain("stop low-0 on vm: makes room for high-0, which has priority 10");
});
