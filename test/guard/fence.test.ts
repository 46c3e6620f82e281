import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readBootClock, readBootId } from "../../agent/adapters/libc/index.ts";
import { agentPaths } from "../../contract/index.ts";
import type { MachineProcess } from "../lab/index.ts";
import {
  type GuardedMachine,
  type GuardFile,
  guardLines,
  startGuard,
  startGuardedMachine,
  until,
} from "./guarded.ts";

let here: GuardedMachine;
beforeAll(async () => {
  here = await startGuardedMachine("fenced");
});
afterAll(async () => await here?.[Symbol.asyncDispose]());

/** From the deadline to the end of the last process, on a machine that has other things to do. */
const boundMs = 2_000;

interface Held {
  readonly root: string;
  readonly deadlineMs: number;
  readonly guarded: GuardFile;
}

/** An instance of three processes, two of them in sessions of their own, in a tree of cgroups; and its deadline. */
async function hold(fileSystem: string, mode: string, inMs: number): Promise<Held> {
  const root = here.newRoot();
  const guarded = await startGuard(here, root, mode);
  await begin(root, fileSystem);
  await until("three processes", () => pids(root, fileSystem).length === 3);
  const deadlineMs = Math.floor(readBootClock() + inMs);
  confirm(root, deadlineMs);
  return { root, deadlineMs, guarded };
}

function confirm(root: string, deadlineMs: number): void {
  const holds = { "log-0-1f3b7a": { deadlineMs, exclusive: true } };
  writeFileSync(join(root, "run/fence.json"), JSON.stringify({ bootId: readBootId(), holds }));
}

async function begin(root: string, fileSystem: string): Promise<MachineProcess> {
  const trees = treesOf(root, fileSystem);
  const join = trees
    .map((tree) => `mkdir -p ${tree}/inside; echo $$ > ${tree}/inside/cgroup.procs`)
    .join("; ");
  const script = `${join}; setsid sleep 1000 & setsid sleep 1000 & exec sleep 1000`;
  return await here.machine.spawn(["sh", "-c", script], { stdio: "ignore" });
}

function treesOf(root: string, fileSystem: string): string[] {
  const mounts = here.machine.mounts().filter((mount) => mount.fileSystem === fileSystem);
  return mounts.map(({ mountPoint }) => `${mountPoint}/${agentPaths(root).id}/log-0-1f3b7a`);
}

function pids(root: string, fileSystem: string): string[] {
  const [tree] = treesOf(root, fileSystem);
  const seen = `/proc/${here.machine.pid}/root${tree}/inside/cgroup.procs`;
  return existsSync(seen) ? readFileSync(seen, "utf8").split("\n").filter(Boolean) : [];
}

/** None of them dies before its deadline, and all of them soon after. */
async function diesInTime({ root, deadlineMs }: Held, fileSystem: string): Promise<void> {
  while (readBootClock() < deadlineMs - 200) {
    const left = pids(root, fileSystem).length;
    if (readBootClock() < deadlineMs) expect(left).toBe(3);
    await delay(20);
  }
  const limitMs = deadlineMs + boundMs - readBootClock();
  await until("its end", () => pids(root, fileSystem).length === 0, limitMs);
}

const [killed, begun] = [
  "an instance is killed: no server has confirmed it in time",
  "the agent has started",
];
const said = (root: string) => guardLines(root).map(({ msg }) => msg);

const hasTree = (fileSystem: string) =>
  readFileSync("/proc/self/mountinfo", "utf8").includes(` - ${fileSystem} `);

describe.each(["cgroup", "cgroup2"].filter(hasTree))("an exclusive instance in trees of %s", (tree) => {
  test("whose agent is killed again and again is killed at its deadline; within 2 s of it", async () => {
    const held = await hold(tree, "crash", 1_500);
    await diesInTime(held, tree);
    await until("its guard's word", () => said(held.root).includes(killed));
    await here.kill("TERM", held.guarded.pid);
  });

  test("whose agent is stopped by SIGSTOP is killed at its deadline, and so is what that agent starts when it goes on; within 2 s", async () => {
    const held = await hold(tree, "serve", 1_500);
    await here.kill("STOP", held.guarded.agentPid);
    await diesInTime(held, tree);
    await here.kill("CONT", held.guarded.agentPid);
    // It may be killed before all of it is there.
    const late = await begin(held.root, tree);
    expect((await late.exited).signal).toBe("SIGKILL");
    await until("its end", () => pids(held.root, tree).length === 0, boundMs);
    await here.kill("TERM", held.guarded.pid);
  });

  test("goes on while it is confirmed, and ends with its guard where that is stopped", async () => {
    const held = await hold(tree, "serve", 2_000);
    while (readBootClock() < held.deadlineMs + 500) {
      confirm(held.root, Math.floor(readBootClock() + 2_000));
      await delay(150);
    }
    expect(pids(held.root, tree)).toHaveLength(3);
    confirm(held.root, Math.floor(readBootClock() + 60_000));
    await here.kill("TERM", held.guarded.pid);
    await until("its end", () => pids(held.root, tree).length === 0);
  });

  test("whose guard and agent are both killed dies before the next agent is started", async () => {
    const held = await hold(tree, "serve", 60_000);
    await here.kill("KILL", held.guarded.pid);
    await here.kill("KILL", held.guarded.agentPid);
    confirm(held.root, Math.floor(readBootClock()));
    const next = await startGuard(here, held.root);
    const started = () => said(held.root).filter((line) => line === killed || line === begun);
    expect(await until("two agents", () => started().length === 3 && started())).toEqual([
      begun,
      killed,
      begun,
    ]);
    await until("its end", () => pids(held.root, tree).length === 0);
    await here.kill("TERM", next.pid);
  });
});

test("deadlines of an earlier boot are nobody's", async () => {
  const tree = hasTree("cgroup2") ? "cgroup2" : "cgroup";
  const held = await hold(tree, "serve", 60_000);
  const holds = { "log-0-1f3b7a": { deadlineMs: 1, exclusive: true } };
  writeFileSync(join(held.root, "run/fence.json"), JSON.stringify({ bootId: "another", holds }));
  await here.kill("KILL", held.guarded.pid);
  const next = await startGuard(here, held.root);
  expect(pids(held.root, tree)).toHaveLength(3);
  await here.kill("TERM", next.pid);
});
