import { setTimeout as delay } from "node:timers/promises";
import { expect } from "@jest/globals";
import { quantile } from "../../bench/quantile.ts";
import { connect } from "../../contract/index.ts";
import { startLoad } from "../e2e/load.ts";
import type { FaultHost } from "./host.ts";

/** A simple GET, also while a workload does its worst on two busy cores. */
const answerMs = 1_000;
const pauseMs = 20;

/**
 * Runs a fault, and expects that the agent answered all the while (p99 of a GET below a second), and that a service
 * which has nothing to do with it went on: the same instances, never started again, no request failed.
 */
export async function expectBystander(host: FaultHost, fault: () => Promise<void>): Promise<void> {
  const before = await host.settled("bystander");
  const document = await host.client.getDocument({
    namespace: "default",
    plural: "services",
    name: "bystander",
  });
  const load = await startLoad(host.machine, `http://${String(document?.outputs.address)}:8000/hostname`);
  const over = new AbortController();
  const timing = timeAnswers(host, over.signal);
  await fault().finally(() => over.abort());
  const { answered, failures } = await load.stop();
  const times = await timing;
  expect(quantile(times, 0.99)).toBeLessThan(answerMs);
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
  expect(await host.settled("bystander")).toEqual(before);
}

async function timeAnswers({ paths }: FaultHost, over: AbortSignal): Promise<number[]> {
  const client = connect({ socket: paths.socket }, { connectTimeoutMs: 0 });
  const times: number[] = [];
  while (!over.aborted) {
    const started = performance.now();
    await client.info();
    times.push(performance.now() - started);
    await delay(pauseMs, undefined, { signal: over }).catch(() => undefined);
  }
  return times;
}
