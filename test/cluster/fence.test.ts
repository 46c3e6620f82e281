import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { leaseLimits, waitMs } from "../../agent/fence/index.ts";
import { until } from "../control/until.ts";
import type { Host } from "../lab/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";
import { guardedAgent, keepKilling } from "./kill-agent.ts";
import { type SharedLog, type Stretch, shareLog } from "./shared-log.ts";

let cluster: TestCluster;
let log: SharedLog;
/** An ordinary service with `stopAfter`. */
let patient: SharedLog;
const stopAfterMs = 5_000;
/** An exclusive service on the server itself. */
let own: SharedLog;
beforeAll(async () => {
  cluster = await startCluster(6);
  log = await shareLog(cluster.lab.hosts, "exclusive");
  // On the server it could not be cut off from the servers.
  const placement = {
    constraints: [{ key: "host.name", operator: "NotIn", values: [cluster.server.hostname] }],
  };
  await cluster.serve("log", { ...log.inputs, exclusive: true, replicas: 4, placement });
  patient = await shareLog(cluster.workers, "patient");
  const disconnect = { stopAfter: `${stopAfterMs}ms`, replaceAfter: "1h" };
  await cluster.serve("patient", { ...patient.inputs, disconnect, perHost: true, placement });
  own = await shareLog([cluster.server], "own");
  const there = { constraints: [{ key: "host.name", operator: "In", values: [cluster.server.hostname] }] };
  await cluster.serve("own", { ...own.inputs, exclusive: true, placement: there });
  await Promise.all(["log", "patient", "own"].map(async (name) => await cluster.healthy(name)));
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

/** How soon after a cut another host has to run it: the wait, until the host counts as lost, the start, on a busy machine. */
const boundMs = waitMs + 15_000;
/** How long it may go on after a cut at most. */
const endMs = leaseLimits.leaseMs / (1 - leaseLimits.maxDrift) + leaseLimits.killMs;

const nowMs = () => log.entries().at(-1)?.atMs ?? 0;

/** Who writes for a slot, newest last. */
const writers = (slot: string): Stretch[] => log.stretches().filter((stretch) => stretch.slot === slot);

/** When a host wrote last. */
const lastOf = (shared: SharedLog, host: string) =>
  Math.max(...shared.stretches().flatMap((one) => (one.host === host ? one.untilMs : [])));

function runners(): { slot: string; host: Host }[] {
  return ["log-0", "log-1", "log-2", "log-3"].map((slot) => {
    const name = writers(slot).at(-1)?.host;
    const host = cluster.workers.find(({ hostname }) => hostname === name);
    if (host === undefined) throw new Error(`${slot} runs nowhere`);
    return { slot, host };
  });
}

/** Waits until another host writes for a slot, and judges how long the first one went on. */
async function isTakenOver(slot: string, from: Host, cutAtMs: number): Promise<void> {
  await until(
    `another host to write for ${slot}`,
    async () => writers(slot).find(({ host, fromMs }) => host !== from.hostname && fromMs > cutAtMs),
    boundMs,
  );
  const before = writers(slot).filter(({ host }) => host === from.hostname);
  expect(Math.max(...before.map(({ untilMs }) => untilMs)) - cutAtMs).toBeLessThan(endMs);
}

test("hosts cut both ways, one way, with their agent stopped, with their agent killed again and again: no exclusive slot runs twice at a time, also once they are back, others run it, and what has `stopAfter` stops; within 30 s", async () => {
  const [both, oneWay, stopped, killed] = runners();
  if (!both || !oneWay || !stopped || !killed) throw new Error("four slots are wanted");
  expect(new Set([both, oneWay, stopped, killed].map(({ host }) => host.hostname)).size).toBe(4);
  const pid = guardedAgent(stopped.host);
  const cutAtMs = nowMs();
  await stopped.host.output(["kill", "-STOP", pid]);
  await Promise.all([both.host.cut(), oneWay.host.oneWay(), stopped.host.cut(), killed.host.cut()]);
  const killing = keepKilling(killed.host);
  try {
    await Promise.all(
      [both, oneWay, stopped, killed].map(async ({ slot, host }) => await isTakenOver(slot, host, cutAtMs)),
    );
  } finally {
    await killing.stop();
  }
  expect(log.overlaps()).toEqual([]);
  const cutHosts = [both, oneWay, stopped, killed].map(({ host }) => host.hostname);
  const patientUntil = cutHosts.map((name) => lastOf(patient, name) - cutAtMs);
  // Its last word may have come half a second before the cut.
  expect(Math.min(...patientUntil)).toBeGreaterThan(stopAfterMs - 1_500);
  expect(Math.max(...patientUntil)).toBeLessThan(
    stopAfterMs / (1 - leaseLimits.maxDrift) + leaseLimits.killMs,
  );
  await stopped.host.output(["kill", "-CONT", pid]);
  for (const { host } of [both, oneWay, stopped, killed]) await host.heal();
  for (const { host } of [both, oneWay, stopped, killed]) await cluster.isState(host, "ready", 40_000);
  await Promise.all([cluster.healthy("log", 40_000), cluster.healthy("patient", 40_000)]);
  expect(log.overlaps()).toEqual([]);
  const healedAtMs = nowMs();
  await until("what was stopped to write again", async () =>
    cutHosts.every((name) => lastOf(patient, name) > healedAtMs) ? true : undefined,
  );
  await until("it to be told as fenced, and not as failed", async () => {
    const resumed = (await cluster.healthy("patient")).filter(({ host }) => cutHosts.includes(host));
    return resumed.every(({ reason, restarts }) => reason.includes("fenced before") && restarts === 0)
      ? true
      : undefined;
  });
});

test("kill -9 of an agent and of the server's, without a cut: their exclusive instances go on past the end of their lease; at once", async () => {
  const [first] = runners();
  if (!first) throw new Error("a slot is wanted");
  const before = writers(first.slot).at(-1);
  for (const host of [first.host, cluster.server]) await host.output(["kill", "-KILL", guardedAgent(host)]);
  const from = nowMs();
  await until("it to write on", async () =>
    nowMs() > from + leaseLimits.leaseMs + leaseLimits.killMs ? true : undefined,
  );
  expect([own.stretches().length, lastOf(own, cluster.server.hostname) > from + leaseLimits.leaseMs]).toEqual(
    [1, true],
  );
  const after = writers(first.slot).at(-1);
  expect(after).toMatchObject({ run: before?.run, host: first.host.hostname });
  expect(after?.untilMs).toBeGreaterThan(from + leaseLimits.leaseMs);
});
