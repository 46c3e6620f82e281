import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { waitMs } from "../../agent/fence/index.ts";
import { leaderOf, startCluster, type TestCluster } from "../cluster/cluster.ts";
import { isFull, largeOn, writeLarge } from "../cluster/full-disk.ts";
import { keepKilling } from "../cluster/kill-agent.ts";
import { shareLog } from "../cluster/shared-log.ts";
import { until } from "../control/until.ts";
import { startLoad } from "../e2e/load.ts";
import type { Host } from "../lab/index.ts";
import { owner } from "./service.ts";
import { expectNoneFailed } from "./steady.ts";

describe.each([3, 5])("on %i servers", (count) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(count, count, { hasDevice: true });
    await cluster.serve("web", { replicas: count });
    await cluster.healthy("web");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  const isOn = (host: Host) => host.isOn();
  const allBut = (some: readonly Host[]) => cluster.servers.filter((host) => !some.includes(host));
  /** As many as may fail, this one among them. */
  const minorityWith = (host: Host) => [host, ...allBut([host]).slice(0, (count - 1) / 2 - 1)];
  let written = 0;

  /** A change is taken by each server that runs, and seen by all; one that was cut off tells what it knew for a while. */
  async function changes(timeoutMs = 20_000): Promise<void> {
    const running = cluster.servers.filter(isOn);
    for (const host of running) {
      written += 1;
      const change = `${written}`;
      const put = async () => await patientOf(host).putHost(host.hostname, { labels: { change } });
      await until(`a change by ${host.hostname}`, async () => await put().catch(() => undefined), timeoutMs);
      for (const other of running) {
        const isSeen = async () =>
          (await patientOf(other).getHost(host.hostname))?.labels?.change === change || undefined;
        const look = async () => await isSeen().catch(() => undefined);
        await until(`the change of ${host.hostname} to be seen by ${other.hostname}`, look, timeoutMs);
      }
    }
  }

  /** Where a disk is slow, an answer takes a while, and one that asks again and again makes it longer. */
  const patientOf = (host: Host) => cluster.clientOf(host, { timeoutMs: 10_000 });

  /** All run elsewhere, one a slot. */
  async function movedFrom(hosts: readonly Host[]): Promise<void> {
    const left = hosts.map(({ hostname }) => hostname);
    const serving = await until("none to be there", async () => {
      const found = await cluster.healthy("web");
      return found.some(({ host }) => left.includes(host)) ? undefined : found;
    });
    expect(new Set(serving.map(({ name }) => name)).size).toBe(count);
  }

  async function back(hosts: readonly Host[]): Promise<void> {
    for (const host of hosts) await cluster.reboot(host);
    for (const host of hosts) await cluster.isState(host, "ready");
    await cluster.healthy("web");
  }

  test("kill -9 of a server, then of the leader: others run its instances, and each server takes changes; within 20 s each", async () => {
    const leader = await leaderOf(cluster);
    for (const victim of [allBut([leader])[0] as Host, leader]) {
      await victim.kill();
      await movedFrom([victim]);
      await changes();
      await back([victim]);
    }
    await changes();
  });

  test("kill -9 of as many servers as may fail, the leader among them: their instances run elsewhere, and each server takes changes; within 20 s", async () => {
    const minority = minorityWith(await leaderOf(cluster));
    await Promise.all(minority.map(async (host) => await host.kill()));
    await movedFrom(minority);
    await changes();
    await back(minority);
    await changes();
  });

  test("a slow disk on the leader, ten writes a second: each server takes changes, and no host is taken for lost; within 20 s each", async () => {
    const leader = await leaderOf(cluster);
    const fault = await leader.slowDisk(10);
    try {
      await changes();
    } finally {
      await fault.end();
    }
    await changes();
    const states = (await cluster.client.listHosts()).map(({ state }) => state);
    expect(states).not.toContain("lost");
  });

  test("a full disk on the leader: a change by it fails and says why, the others take changes, no instance is touched, new ones go elsewhere, and it goes on once there is room; within 30 s each", async () => {
    await cluster.healthy("web");
    const processes = () => cluster.servers.map((host) => cluster.pids(host, "httpd -f"));
    const before = processes();
    const leader = await leaderOf(cluster);
    const rest = allBut([leader]);
    const asked = rest[0] as Host;
    const writeOn = async () => await Promise.all(rest.map(async (host) => await writeLarge(cluster, host)));
    const disk = await leader.fillDisk();
    try {
      const refusal = await until(
        "a change to be refused",
        async () => {
          await writeOn();
          return await writeLarge(cluster, leader).catch((error: Error) => error.message);
        },
        60_000,
      );
      expect(refusal).toMatch(/no space left for .*etcd; free some, and it goes on by itself/);
      await writeOn();
      expect(processes()).toEqual(before);
      await until(
        "its full disk to be told of",
        async () => (await isFull(cluster, asked, leader)) || undefined,
      );
      await placedBeside(leader, asked);
      expect(processes()[cluster.servers.indexOf(leader)]).toEqual(before[cluster.servers.indexOf(leader)]);
    } finally {
      await disk.end();
    }
    const isTaken = async () =>
      await writeLarge(cluster, leader).then(
        () => true,
        () => undefined,
      );
    await until("a change by it", isTaken, 30_000);
    for (const host of rest) expect(await largeOn(cluster, host)).toBe(await largeOn(cluster, leader));
    expect(processes()[cluster.servers.indexOf(leader)]).toEqual(before[cluster.servers.indexOf(leader)]);
    const hasRoom = async () => !(await isFull(cluster, asked, leader)) || undefined;
    await until("its disk to have room", hasRoom);
  });

  /** Two instances more than hosts, none of the new ones on the one that is full. */
  async function placedBeside(full: Host, asked: Host): Promise<void> {
    const client = cluster.clientOf(asked);
    const address = { namespace: "default", plural: "services", name: "web" };
    const web = await client.getDocument(address);
    const inputs = { ...web?.inputs, replicas: count + 2 };
    await client.putDocument(address, { owner, inputs }, { ifMatch: web?.etag ?? "" });
    await until("all to serve", async () => {
      const instances = (await client.getDocument(address))?.status?.instances ?? [];
      return instances.filter(({ healthy }) => healthy).length === count + 2 || undefined;
    });
    const explained = await client.explainService({ namespace: "default", name: "web" });
    const refused = explained?.hosts.find(({ name }) => name === full.hostname);
    expect(refused?.reasons).toContain("has a full disk");
  }

  test("one of three, two of five servers are cut off from the others: a change by them fails and says why, what they know is told, no request fails, and changes go on once they are back; within 20 s", async () => {
    const [instance] = await cluster.healthy("web");
    const asked = cluster.servers.find(({ hostname }) => hostname === instance?.host) as Host;
    const minority = minorityWith(asked);
    for (const one of minority) await one.cut(...allBut(minority));
    const load = await startLoad(asked, `http://${instance?.address}:8000/hostname`);
    let warnings = 0;
    const onStale = () => {
      warnings += 1;
    };
    const client = cluster.clientOf(asked, { timeoutMs: 20_000, onStale });
    const change = client.putHost(asked.hostname, { labels: { change: "none" } });
    await expect(change).rejects.toMatchObject({ code: "unreachable" });
    const web = await client.getDocument({ namespace: "default", plural: "services", name: "web" });
    expect([web?.name, warnings]).toEqual(["web", 1]);
    await expectNoneFailed(load);
    await cluster.lab.heal();
    await changes();
  });

  test("one of three, two of five servers are cut off, the leader among them, and an agent there is killed again and again: the others run what is exclusive there, never at the same time; within 35 s, and after they are back", async () => {
    const log = await shareLog(cluster.lab.hosts, "exclusive");
    await cluster.serve("log", { ...log.inputs, exclusive: true, replicas: count });
    await cluster.healthy("log");
    const leader = await leaderOf(cluster);
    const minority = minorityWith(leader);
    const majority = allBut(minority);
    const cutAtMs = log.entries().at(-1)?.atMs ?? 0;
    for (const one of minority) await one.cut(...majority);
    const killing = keepKilling(leader);
    const [names, left] = [majority, minority].map((hosts) => hosts.map(({ hostname }) => hostname));
    try {
      await until(
        "the majority to write for each slot",
        async () => {
          const since = log.stretches().filter(({ untilMs }) => untilMs > cutAtMs + waitMs);
          return new Set(since.filter(({ host }) => names?.includes(host)).map(({ slot }) => slot)).size ===
            count
            ? true
            : undefined;
        },
        waitMs + 20_000,
      );
    } finally {
      await killing.stop();
    }
    const late = log
      .stretches()
      .filter(({ host, untilMs }) => left?.includes(host) && untilMs > cutAtMs + waitMs);
    expect(late).toEqual([]);
    await cluster.lab.heal();
    await changes(35_000);
    await cluster.healthy("log", waitMs + 30_000);
    expect(log.overlaps()).toEqual([]);
  });
});
