import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { leaseLimits } from "../../agent/fence/index.ts";
import { ports } from "../../contract/index.ts";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { type SharedLog, shareLog } from "../cluster/shared-log.ts";
import { until } from "../control/until.ts";
import { type Clients, checkHistory, startClients, type Way } from "../history/index.ts";
import type { Host } from "../lab/index.ts";

/** Any will do; it is told where a history is not linearizable. */
const seed = Date.now() % 100_000;
const callsAfter = 20;
/** Who meets a server that is cut off soon tries another one. */
const timeoutMs = 1_500;

describe.each([3, 5])("on %i servers and a host that is none", (count) => {
  let cluster: TestCluster;
  let clients: Clients;
  /** Of an exclusive service on all hosts: who holds which of its slots, and when. */
  let holders: SharedLog;

  beforeAll(async () => {
    cluster = await startCluster(count + 1, count);
    holders = await shareLog(cluster.lab.hosts, "holders");
    await cluster.serve("log", { ...holders.inputs, exclusive: true, replicas: count + 1 });
    await cluster.healthy("log");
    const servers = cluster.servers.map(wayTo);
    clients = startClients({ servers, seed });
  });
  afterAll(async () => {
    try {
      await clients?.stop(); // where not all tests run, nobody else does
    } finally {
      await cluster?.[Symbol.asyncDispose]();
    }
  });

  /** None while its power is off, which may fail at any moment. */
  function wayTo(host: Host): Way {
    return (options) => {
      try {
        return cluster.clientOf(host, { ...options, timeoutMs });
      } catch (error) {
        if (host.isOn()) throw error;
        return undefined;
      }
    };
  }

  const server = (index: number) => cluster.servers[index] as Host;

  /** Calls are answered again. */
  async function answered(timeoutMs = 20_000): Promise<void> {
    const before = clients.done();
    const look = async () => clients.done() >= before + callsAfter || undefined;
    await until("calls to be answered", look, timeoutMs);
  }

  /** Whether one server's store gets to another's. */
  async function reaches(from: Host, to: Host): Promise<boolean> {
    const dial = ["timeout", "2", "bash", "-c", `</dev/tcp/${to.address}/${ports.peers}`];
    return (await from.run(dial)).code === 0;
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
    // What is asserted of the cluster would hold of a cut that cuts nothing.
    const reached = async () =>
      await Promise.all([
        reaches(server(1), server(2)),
        reaches(server(2), server(1)),
        reaches(server(1), server(0)),
      ]);
    expect(await reached()).toEqual([true, true, true]);
    await server(1).cut(server(2));
    expect(await reached()).toEqual([false, false, true]);
    await answered();
    await cluster.lab.heal();
    expect(await reached()).toEqual([true, true, true]);
    await answered();
  });

  test("the leader and a host that is no server do not hear each other: the host's exclusive instance goes on past the end of its lease; at once", async () => {
    const leader = (await cluster.client.listServers()).find(({ isLeader }) => isLeader)?.name;
    const from = cluster.servers.find(({ hostname }) => hostname === leader) as Host;
    const [worker] = cluster.workers;
    const held = () => holders.stretches().findLast(({ host }) => host === worker?.hostname);
    const before = held();
    const cutAtMs = holders.entries().at(-1)?.atMs ?? 0;
    await worker?.cut(from);
    const endMs = cutAtMs + leaseLimits.leaseMs / (1 - leaseLimits.maxDrift) + leaseLimits.killMs;
    await until("it to write on", async () => (held()?.untilMs ?? 0) > endMs || undefined);
    expect(held()?.run).toBe(before?.run);
    await cluster.lab.heal();
    await answered();
  });

  test("all of that while clients change documents: what they were answered is linearizable, and no acknowledged change is lost; at once", async () => {
    const verdict = await checkHistory(await clients.stop());
    expect({ seed, ...verdict }).toEqual({ seed, verdict: "linearizable", operations: verdict.operations });
  });

  test("all of that: nothing that is exclusive ran twice at a time, and each slot is run in the end; within 30 s", async () => {
    await cluster.healthy("log");
    const stretches = holders.stretches();
    expect(new Set(stretches.map(({ slot }) => slot)).size).toBe(count + 1);
    // Some were taken over by another host meanwhile.
    expect(stretches.length).toBeGreaterThan(count + 1);
    expect(holders.overlaps()).toEqual([]);
  });
});
