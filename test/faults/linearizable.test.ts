import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { until } from "../control/until.ts";
import { type Clients, checkHistory, startClients } from "../history/index.ts";
import type { Host } from "../lab/index.ts";

/** Any will do; it is told where a history is not linearizable. */
const seed = Date.now() % 100_000;
const writesAfter = 40;

let cluster: TestCluster;
let clients: Clients;

beforeAll(async () => {
  cluster = await startCluster(1);
  const servers = [cluster.server].map((host) => () => (host.isOn() ? cluster.clientOf(host) : undefined));
  clients = startClients({ servers, seed });
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

/** Calls are answered again. */
async function answered(timeoutMs: number): Promise<void> {
  const before = clients.done();
  await until(
    "calls to be answered",
    async () => clients.done() >= before + writesAfter || undefined,
    timeoutMs,
  );
}

async function kill(host: Host, pids: readonly number[]): Promise<void> {
  expect(pids).toHaveLength(1);
  await host.output(["kill", "-9", ...pids.map(String)]);
}

test("kill -9 of the store while clients change documents: they go on; within 20 s", async () => {
  await answered(20_000);
  await kill(cluster.server, cluster.pids(cluster.server, "--data-dir="));
  await answered(20_000);
});

test("kill -9 of the agent while clients change documents: they go on; within 20 s", async () => {
  await kill(cluster.server, [cluster.agentPid(cluster.server)]);
  await answered(20_000);
});

test("a server's power fails and it starts again while clients change documents: they go on; within 20 s", async () => {
  await cluster.reboot(cluster.server);
  await answered(20_000);
});

test("all of that while clients change documents: what they were answered is linearizable, and no acknowledged change is lost; at once", async () => {
  const verdict = await checkHistory(await clients.stop());
  expect({ seed, ...verdict }).toEqual({ seed, verdict: "linearizable", operations: verdict.operations });
  expect(verdict.operations).toBeGreaterThan(6 * writesAfter);
});
