import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import { type Clients, checkHistory, startClients, type Way } from "../history/index.ts";
import type { Host } from "../lab/index.ts";

/** Any will do; it is told where a history is not linearizable. */
const seed = Date.now() % 100_000;
const callsAfter = 20;
/** Who meets a server that is cut off soon tries another one. */
const timeoutMs = 1_500;

let cluster: TestCluster;
let clients: Clients;

beforeAll(async () => {
  cluster = await startCluster(3, 3);
  const servers = cluster.servers.map((host): Way => {
    return (options) => (host.isOn() ? cluster.clientOf(host, { ...options, timeoutMs }) : undefined);
  });
  clients = startClients({ servers, seed });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

const server = (index: number) => cluster.servers[index] as Host;

/** Calls are answered again. */
async function answered(timeoutMs = 20_000): Promise<void> {
  const before = clients.done();
  const look = async () => clients.done() >= before + callsAfter || undefined;
  await until("calls to be answered", look, timeoutMs);
}

async function kill(host: Host, pids: readonly number[]): Promise<void> {
  expect(pids).toHaveLength(1);
  await host.output(["kill", "-9", ...pids.map(String)]);
}

test("kill -9 of each server's store while clients change documents: they go on; within 20 s each", async () => {
  for (const host of cluster.servers) {
    await answered();
    await kill(host, cluster.pids(host, "--data-dir="));
  }
  await answered();
});

test("kill -9 of each server's agent while clients change documents: they go on; within 20 s each", async () => {
  for (const host of cluster.servers) {
    await kill(host, [cluster.agentPid(host)]);
    await answered();
  }
});

test("each server's power fails while clients change documents: they go on, also once it is back; within 20 s each", async () => {
  for (const host of cluster.servers) {
    await host.kill();
    await answered();
    await cluster.reboot(host);
    await answered();
  }
});

test("a server is cut off while clients change documents: those that go to others go on, also once it is back; within 20 s", async () => {
  await server(0).cut();
  await answered();
  await cluster.lab.heal();
  await answered();
});

test("what a server sends is lost while clients change documents: they go on, also once it is not; within 20 s", async () => {
  await server(1).oneWay();
  await answered();
  await cluster.lab.heal();
  await answered();
});

test("two servers do not hear each other while clients change documents: they go on, also once they do; within 20 s", async () => {
  await server(1).cut(server(2));
  await answered();
  await cluster.lab.heal();
  await answered();
});

test("all of that while clients change documents: what they were answered is linearizable, and no acknowledged change is lost; at once", async () => {
  const verdict = await checkHistory(await clients.stop());
  expect({ seed, ...verdict }).toEqual({ seed, verdict: "linearizable", operations: verdict.operations });
});
