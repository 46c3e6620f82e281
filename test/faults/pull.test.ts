import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { publish, type RegistryServer, settled, startRegistry } from "../registry/index.ts";
import { type FaultHost, startFaultHost } from "./host.ts";
import { owner } from "./service.ts";

/** The disk that images lie on: small, but larger than what the agent leaves free on it. */
const diskMebibytes = 160;
/** Ways to the registry by which a pull takes seconds, and the bytes a second that come through. */
const ways = { store: { port: 5002, rate: 2_000_000 }, web: { port: 5003, rate: 300_000 } };

let host: FaultHost;
let registry: RegistryServer;
let images: string;

beforeAll(async () => {
  host = await startFaultHost(async (machine, paths) => {
    images = join(paths.stateDir, "images");
    mkdirSync(images, { recursive: true, mode: 0o700 });
    writeFileSync(join(paths.stateDir, ".constellation"), `${paths.id}\n`); // or the folder counts as a stranger's
    const options = `size=${diskMebibytes}m,mode=0700`;
    await machine.output(["mount", "-t", "tmpfs", "-o", options, "images", images]);
  });
  const { machine, client } = host;
  registry = await startRegistry(machine, { port: 5000 });
  const proxy = join(import.meta.dirname, "..", "registry", "slow.ts");
  for (const { port, rate } of Object.values(ways)) {
    await machine.spawn(["node", proxy, ...[port, 5000, rate].map(String)], { stdio: "ignore" });
    await settled(machine, port);
  }
  await publish(registry, "store", "1", { image: "redis" });
  await publish(registry, "web", "1");
  const registries = Object.fromEntries(
    Object.values(ways).map(({ port }) => [`localhost:${port}`, { plainHttp: true }]),
  );
  const { name, network } = await client.getCluster().then(needed);
  await client.putCluster({ owner, name, network, registries });
});
afterAll(async () => await host?.[Symbol.asyncDispose]());

const run = (name: string, inputs: Readonly<Record<string, unknown>>) =>
  host.client.putDocument(
    { namespace: "default", plural: "services", name },
    { owner, inputs: { healthCheck: { tcp: { port: 8000 } }, restart: { delay: "100ms" }, ...inputs } },
    {},
  );

const imageOf = (name: keyof typeof ways) => `localhost:${ways[name].port}/${name}:1`;

async function instanceOf(service: string): Promise<Instance | undefined> {
  return (await host.client.listInstances({ service }))[0];
}

const healthy = (service: string, timeoutMs: number) =>
  until(
    `${service} to be healthy`,
    async () => ((await instanceOf(service))?.healthy ? true : undefined),
    timeoutMs,
  );

const clients = () => host.running("constellation-registry");

/** Bytes of unfinished downloads. */
async function unfinished(): Promise<number> {
  const script = 'cat "$0"/pulls/*.partial 2>/dev/null | wc -c';
  return Number(await host.machine.output(["sh", "-c", script, images]));
}

const untilUnderWay = () =>
  until("the pull to be under way", async () => ((await unfinished()) > 200_000 ? true : undefined));

test("kill -9 of the agent in the middle of a pull: the registry client ends with it, the next one goes on, one instance runs; within 20 s", async () => {
  await run("store", { image: imageOf("store"), command: ["redis-server", "--port", "8000"] });
  await untilUnderWay();
  const [before, client] = [host.agent(), clients()];
  expect(client).toHaveLength(1);
  await host.kill(before);
  const here = await unfinished();
  expect(here).toBeGreaterThan(200_000);
  await host.anotherAgent(before);
  await until("the first client to end", async () =>
    clients().some(({ pid }) => pid === client[0]?.pid) ? undefined : true,
  );
  await healthy("store", 40_000);
  expect(host.running("redis-server")).toHaveLength(1);
  expect(clients()).toEqual([]);
  const parts = (await registry.requests()).filter((line) => /blobs.* 206$/.test(line));
  expect(parts.length).toBeGreaterThanOrEqual(4); // two layers, each asked for again
});

test("a disk that gets full in the middle of a pull: the reason says how much is missing, no half stays, and the start goes on by itself; within 40 s", async () => {
  await run("web", {
    ...{ image: imageOf("web"), command: ["httpd", "-f", "-p", "8000", "-h", "/etc"] },
  });
  await untilUnderWay();
  const filler = join(images, "filler");
  await host.machine.run(["sh", "-c", `dd if=/dev/zero of=${filler} bs=64k 2>/dev/null`]);
  const { reason } = await until(
    "the reason",
    async () => {
      const instance = await instanceOf("web");
      return /disk full/.test(instance?.reason ?? "") ? instance : undefined;
    },
    40_000,
  );
  expect(reason).toMatch(
    /^pull image .*: disk full: it needs \d+ MiB and .*\/images has \d+ MiB free; free some$/,
  );
  expect(await unfinished()).toBe(0);
  expect((await instanceOf("store"))?.healthy).toBe(true);
  await host.machine.output(["rm", filler]);
  await healthy("web", 40_000);
});

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is no cluster");
  return value;
}
