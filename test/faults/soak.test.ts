import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { limits } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { type Counts, countAll } from "./counts.ts";
import { type FaultHost, startFaultHost } from "./host.ts";

/** Starts of each kind add up to a thousand. */
const plan = { width: 40, scaled: 15, replaced: 4, killed: 3, deleted: 3 };
/** Health has its own tests; here a start is quick. */
const small = {
  resources: { cpu: 0.01, memory: "4Mi" },
  stopGracePeriod: "0s",
  update: { maxSurge: plan.width },
};

/** The most that the agent keeps open, in agent/adapters/etcd. */
const storeConnections = 16;

let host: FaultHost;

beforeAll(async () => {
  host = await startFaultHost();
});
afterAll(async () => await host?.[Symbol.asyncDispose]());

const serve = async (replicas: number, round = 0) => {
  await host.serve("soaked", { ...small, replicas, env: { ROUND: String(round) } });
  await host.settled("soaked", 60_000);
};

async function scaleUpAndDown(): Promise<void> {
  await serve(plan.width);
  await serve(0);
}

async function replaceAll(round: number): Promise<void> {
  await serve(plan.width, round);
}

/** As a crash of each: they start again by their restart policy. */
async function killAll(): Promise<void> {
  const before = await host.client.listInstances({ service: "soaked" });
  const known = new Map(before.map(({ id, restarts }) => [id, restarts]));
  await host.kill(host.workers("soaked"));
  await until(
    "every one to have started again",
    async () => {
      const now = await host.client.listInstances({ service: "soaked" });
      return (
        now.every(({ id, restarts, healthy }) => healthy && restarts > (known.get(id) ?? 0)) || undefined
      );
    },
    60_000,
  );
}

async function createAndDelete(): Promise<void> {
  await host.serve("passing", { ...small, replicas: plan.width });
  await host.settled("passing", 60_000);
  await host.client.deleteDocument({ namespace: "default", plural: "services", name: "passing" });
  await until("passing to be gone", async () => {
    const left = await host.client.listInstances({ service: "passing" });
    return left.length === 0 || undefined;
  });
}

/** The counts once they are as wanted, or as they are after the bound. */
async function countsLike(wanted: Counts, boundMs: number): Promise<Counts> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    const counts = await countAll(host);
    const isSo = Object.entries(counts).every(
      ([kind, count]) => count <= (wanted[kind] ?? 0) + slackOf(kind),
    );
    if (isSo || performance.now() > deadline) return counts;
    await delay(500);
  }
}

/**
 * Bounds with names: revisions of a spec that are kept, traces of a deleted document that explain its end for ten
 * minutes, and connections to the store, of which the agent opens more only when many things happen at once.
 */
function slackOf(kind: string): number {
  if (kind === "keys in the store") return limits.specRevisionsKept + 2;
  if (kind === "agent's open files" || kind === "agent's sockets") return storeConnections;
  return 0;
}

test("1,000 starts and stops, of scaling, replacement, crashes and deletion: nothing more is there than before; within 20 s", async () => {
  await scaleUpAndDown(); // whatever is made once is made now
  const before = await countAll(host);
  let starts = 0;
  const times = async (count: number, round: (number: number) => Promise<void>) => {
    for (let number = 1; number <= count; number++) {
      await round(number);
      starts += plan.width;
    }
  };
  await times(plan.scaled, scaleUpAndDown);
  await serve(plan.width);
  await times(plan.replaced, replaceAll);
  await times(plan.killed, killAll);
  await serve(0);
  await times(plan.deleted, createAndDelete);
  expect(starts).toBe(1_000);

  const after = await countsLike(before, 20_000);
  const rows = Object.entries(after).map(([kind, count]) => `${kind}: ${before[kind]} -> ${count}`);
  process.stdout.write(`after ${starts} starts and stops\n${rows.join("\n")}\n`);
  const leaks = Object.entries(after).filter(([kind, count]) => count > (before[kind] ?? 0) + slackOf(kind));
  expect(leaks).toEqual([]);
}, 400_000);
