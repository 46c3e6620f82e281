import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { connect, type Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { expectBystander } from "./bystander.ts";
import { type FaultHost, startFaultHost } from "./host.ts";

let host: FaultHost;
afterEach(async () => await host?.[Symbol.asyncDispose]());

async function start(): Promise<void> {
  host = await startFaultHost();
  await host.serve("bystander", { replicas: 2 });
  await host.settled("bystander");
}

/** Ends guard and agent, and brings them up where the kernel has nothing of a kind left. */
async function startAgainWithout(kind: "instances" | "watches"): Promise<void> {
  await host.kill([...host.guard(), ...host.agent()]);
  const script = join(import.meta.dirname, "without-inotify.py");
  await host.machine.output(["python3", script, kind, "constellation-agent", "up"], {
    env: host.environment,
  });
}

async function expectDeafButWorking(): Promise<void> {
  await until("the agent to say so", async () => host.said("no inotify left").length > 0 || undefined);
  await host.serve("crashing", { replicas: 2 });
  const before = await host.settled("crashing");
  await host.kill(host.workers("crashing"));
  await until(
    "both to start again",
    async () => {
      const now = await host.client.listInstances({ service: "crashing" });
      return (
        now.every(({ id, restarts }) => before.some((one) => one.id === id && restarts > one.restarts)) ||
        undefined
      );
    },
    10_000,
  );
}

test("no inotify instances left: the agent says so, and notices crashes by looking; within 10 s", async () => {
  await start();
  await startAgainWithout("instances");
  await expectBystander(host, expectDeafButWorking);
});

test("no inotify watches left: the agent says so, and notices crashes by looking; within 10 s", async () => {
  await start();
  await startAgainWithout("watches");
  await expectBystander(host, expectDeafButWorking);
});

test("no process ids left: the reason says so, nothing that runs ends, and what was wanted starts once there are some; within 20 s", async () => {
  await start();
  const folder = `/proc/${host.machine.pid}/root${pidsFolder()}`;
  const before = await host.settled("bystander");
  writeFileSync(join(folder, "pids.max"), "0"); // whatever ends, there is no room; what runs goes on
  try {
    await host.serve("late", { replicas: 2, stopGracePeriod: "1s" });
    const { reason } = await until("a failed start", async () => {
      const found = await host.client.listInstances({ service: "late" });
      return found.find(({ state }) => state === "backoff");
    });
    expect(reason).toMatch(/no process ids/);
  } finally {
    writeFileSync(join(folder, "pids.max"), "max");
  }
  await host.settled("late", 20_000);
  expect(await host.settled("bystander")).toEqual(before);
});

function pidsFolder(): string {
  const mount = host.machine
    .mounts()
    .find(
      ({ fileSystem, superOptions }) => fileSystem === "cgroup2" || superOptions.split(",").includes("pids"),
    );
  return mount?.mountPoint ?? "/sys/fs/cgroup";
}

test("no file descriptors left to the agent: it goes on, nothing that runs ends nor is held against it, and it serves again once there are some; within 20 s", async () => {
  await start();
  // One failed probe would be enough to take them out of traffic, and to restart them.
  const strict = { interval: "100ms", timeout: "5s", retries: 1 };
  const web = { http: { path: "/hostname", port: 8000 } };
  const inside = { exec: { command: ["true"] } };
  await host.serve("strict", { healthCheck: { ...inside, ...strict }, liveness: { ...web, ...strict } });
  const watched = await host.settled("strict");
  const [agent] = host.agent();
  const before = await host.settled("bystander");
  const limit = async (most: string) =>
    await host.machine.output(["prlimit", "--pid", String(agent?.pid), `--nofile=${most}`]);
  const open = readdirSync(`/proc/${host.machine.pid}/root/proc/${agent?.pid}/fd`).length;
  await limit(`${open}:`);
  const impatient = connect({ socket: host.paths.socket }, { timeoutMs: 500, connectTimeoutMs: 0 });
  const attempts = Array.from({ length: 50 }, async () => await impatient.info().catch(() => undefined));
  await Promise.all(attempts);
  await host.kill(host.workers("bystander").slice(0, 1));
  await delay(3_000); // it must last: looks at all processes, health probes, a pass of the network
  await limit("20000:");
  await until("an answer", async () => await host.client.info().catch(() => undefined));
  expect(host.agent().map(({ pid }) => pid)).toEqual([agent?.pid]);
  const after = await host.settled("bystander", 20_000);
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(after.map(({ restarts }) => restarts).sort()).toEqual([0, 1]);
  expect(await host.settled("strict", 20_000)).toEqual(watched);
  expect(host.said("cannot probe").filter((line) => line.includes("EMFILE"))).not.toEqual([]);
});

test("the disk of the logs is full: containers run on, the agent answers, and logs go on once there is room; within 20 s", async () => {
  host = await startFaultHost();
  const folder = join(host.paths.stateDir, "instances");
  const fill = join(folder, ".fill");
  await besideAgent("mount", "-t", "tmpfs", "-o", "size=4m", "none", folder);
  await host.serve("bystander", { replicas: 2 });
  const line = "i=0; while :; do i=$((i+1)); printf 'tick %d %0400d\\n' $i 0; sleep 0.05; done";
  await host.serve("talking", { command: ["sh", "-c", line], healthCheck: undefined });
  const before = await until("it to talk", async () => await instance("talking", ({ healthy }) => healthy));
  await until("its first words", async () => (await lastTick(before.id)) > 0 || undefined);

  await expectBystander(host, async () => {
    await besideAgent("sh", "-c", `cat /dev/zero >${fill}; true`);
    const full = await lastTick(before.id);
    await delay(2_000); // a disk that is full for longer than any buffer
    expect(await lastTick(before.id)).toBeLessThan(full + 20);
    expect(
      await instance("talking", ({ pid, restarts }) => pid === before.pid && restarts === 0),
    ).toBeDefined();
    await besideAgent("rm", fill);
    await until("its log to go on", async () => (await lastTick(before.id)) > full + 40 || undefined);
  });
  expect(
    await instance("talking", ({ pid, restarts }) => pid === before.pid && restarts === 0),
  ).toBeDefined();
});

/** Where the agent mounts: it may have a mount namespace of its own. */
async function besideAgent(...command: string[]): Promise<void> {
  const enter = ["constellation-guard", "enter", "--root", join(host.machine.root, "c"), "--"];
  await host.machine.output([...enter, ...command], { env: host.environment });
}

async function instance(service: string, fits: (one: Instance) => boolean): Promise<Instance | undefined> {
  return (await host.client.listInstances({ service })).find(fits);
}

async function lastTick(id: string): Promise<number> {
  let last = 0;
  for await (const { text } of host.client.logs(id, { tail: 1 }, AbortSignal.timeout(5_000)))
    last = Number(text.split(" ")[1]);
  return last;
}
