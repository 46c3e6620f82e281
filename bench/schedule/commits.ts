import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectKeyValues, superviseMember } from "../../agent/adapters/etcd/index.ts";
import { createProcesses, readStartTime } from "../../agent/adapters/libc/index.ts";
import { act, allReady, type Op } from "../../agent/services/index.ts";
import { type KeyValues, openStore } from "../../agent/store/index.ts";
import { pinnedTools } from "../../tools/lib/places.mjs";
import type { Rates, Sizes } from "./types.ts";
import { instancesOf } from "./workload.ts";

/** How long etcd may take to start. */
const startMs = 20_000;
const startPauseMs = 50;
/** Bare puts, and how many of them are on their way at once. */
const puts = { count: 4_000, atOnce: 64 } as const;

/** Both sides on one etcd that writes to this machine's disk: our placements as the leader stores them, and bare puts. */
export async function measureCommits(
  sizes: Sizes,
): Promise<{ readonly commits: Rates; readonly puts: Rates }> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const member = superviseMember({
    program: join(pinnedTools, "etcd"),
    dataDir: join(folder, "etcd"),
    runDir: join(folder, "run"),
    logFile: join(folder, "etcd.log"),
    processes: { ...createProcesses(), startTimeOf: readStartTime },
    onChange: () => {},
  });
  const keyValues = connectKeyValues(member.socket, member.trouble);
  try {
    await untilServing(keyValues);
    const bare = await measurePuts(keyValues);
    return { commits: await measurePlacements(keyValues, sizes), puts: bare };
  } finally {
    keyValues.close();
    await member.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measurePlacements(keyValues: KeyValues, sizes: Sizes): Promise<Rates> {
  const ending = new AbortController();
  const store = await openStore(keyValues, ending.signal);
  const ops = placements(sizes);
  const begun = performance.now();
  await act(ops, {
    ...{ store, hostStates: allReady, now: () => new Date(), onObserved() {} },
    remainingMs: () => 0,
    cidrOf: () => "10.64.0.0/22",
  });
  const seconds = (performance.now() - begun) / 1_000;
  ending.abort();
  await store.running;
  return { perSecond: ops.length / seconds, ms: [] };
}

/** Each instance to the next host, around: what a cluster looks like that spreads its load. */
function placements({ hosts, instances }: Sizes): Op[] {
  return instancesOf({ instances }).map(({ id, group }, at): Op => {
    const about = {
      namespace: "bench",
      service: group,
      slot: id,
      host: `host-${at % hosts}`,
      reason: "wanted",
    };
    return { kind: "place", uid: group, index: Number(id.split("-").at(-1)), revision: 1, ...about };
  });
}

/** etcd serves some hundred milliseconds after its start. */
async function untilServing(keyValues: KeyValues): Promise<void> {
  const deadline = performance.now() + startMs;
  for (;;) {
    try {
      await keyValues.commit({ compares: [], writes: [{ put: "bench/first", value: "{}" }] });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(startPauseMs);
    }
  }
}

async function measurePuts(keyValues: KeyValues): Promise<Rates> {
  const value = JSON.stringify({ text: "x".repeat(300) });
  const left = Array.from({ length: puts.count }, (_, at) => `bench/${at}`).values();
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: puts.atOnce }, async () => {
      for (const key of left) await keyValues.commit({ compares: [], writes: [{ put: key, value }] });
    }),
  );
  return { perSecond: (1_000 * puts.count) / (performance.now() - begun), ms: [] };
}
