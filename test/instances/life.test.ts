import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { startTestHost, type TestHost } from "./host.ts";

jest.setTimeout(60_000);
let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(async () => {
  await host?.machine.stop();
});

const shell = (script: string) => ({ command: ["sh", "-c", script] });
const only = (id: string, fits: (instance: Instance) => boolean) => (all: readonly Instance[]) =>
  all.some((instance) => instance.id === id && fits(instance));
const isGone = (id: string) => (all: readonly Instance[]) => all.every((instance) => instance.id !== id);
const texts = async (id: string) => (await host.logs(id)).map(({ text }) => text);

async function removeAll() {
  host.assign([]);
  await host.until("all removed", (all) => all.length === 0, 20_000);
}

describe("an instance", () => {
  test("starts, is healthy, stops by its signal and leaves nothing", async () => {
    const before = await host.machine.traces();
    const id = "web-0-aaaaaa";
    host.assign([
      { id, inputs: shell("trap 'echo bye; exit 0' TERM; echo hello; while true; do sleep 0.1; done") },
    ]);
    const [instance] = await host.until(
      "healthy",
      only(id, ({ healthy }) => healthy),
    );
    expect(instance).toMatchObject({ state: "running", name: "web-0", restarts: 0, host: "alpha" });
    expect(await texts(id)).toEqual(["hello"]);
    expect(host.progress).toContain("unpacking web 41%");

    host.assign([{ id, inputs: {}, want: "drain" }]);
    const stopping = await host.until(
      "stopping",
      only(id, ({ state }) => state === "stopping"),
    );
    expect(stopping[0]).toMatchObject({ healthy: false, reason: "replicas lowered" });
    await host.until("gone", isGone(id));
    const after = await host.machine.traces();
    const agentWide = (path: string) => path.endsWith("/constellation-test");
    expect({ ...after, processes: [], cgroups: after.cgroups.filter((path) => !agentWide(path)) }).toEqual({
      ...before,
      processes: [],
    });
    expect(existsSync(join(host.root, "lib/instances", id))).toBe(false);
    expect(existsSync(join(host.root, "run/netns", id))).toBe(false);
  });

  test("that ignores its signal is killed after its grace", async () => {
    const id = "deaf-1-aaaaaa";
    const inputs = {
      ...shell("trap '' TERM; echo up; while true; do sleep 0.1; done"),
      stopGracePeriod: "500ms",
    };
    host.assign([{ id, inputs }]);
    await host.until(
      "running",
      only(id, ({ healthy }) => healthy),
    );
    const asked = Date.now();
    host.assign([{ id, inputs, want: "drain" }]);
    await host.until("gone", isGone(id));
    expect(Date.now() - asked).toBeGreaterThan(600);
  });

  test("that crashes waits twice as long each time, keeps its id and counts", async () => {
    const id = "crash-2-aaaaaa";
    host.assign([{ id, inputs: { ...shell("echo run; exit 3"), restart: { delay: "200ms" } } }]);
    await host.until(
      "third restart",
      only(id, ({ restarts }) => restarts === 3),
    );
    const backoffs = host.reports.flat().filter((one) => one.id === id && one.state === "backoff");
    expect(backoffs[0]).toMatchObject({ reason: "exited with code 3", exitCode: 3, healthy: false });
    await host.until(
      "still there",
      only(id, () => true),
    );
    expect((await texts(id)).length).toBeGreaterThanOrEqual(3);
    await removeAll();
  });

  test("without restarts stays as it ended", async () => {
    host.assign([
      { id: "once-3-aaaaaa", inputs: { ...shell("exit 0"), restart: { policy: "never" } } },
      { id: "once-4-aaaaaa", inputs: { ...shell("exit 137"), restart: { policy: "never" } } },
      { id: "once-5-aaaaaa", inputs: { command: ["nosuch"], restart: { policy: "never" } } },
      { id: "once-6-aaaaaa", inputs: { ...shell("exit 1"), restart: { delay: "100ms", maxAttempts: 2 } } },
    ]);
    const all = await host.until(
      "ended",
      (list) => list.length === 4 && list.every(({ state }) => state === "failed" || state === "completed"),
    );
    expect(all.map(({ state, reason }) => [state, reason])).toEqual([
      ["completed", "exited with code 0"],
      ["failed", "killed by SIGKILL"],
      ["failed", "command not found: nosuch; correct `command` or add it to the image"],
      ["failed", "exited with code 1; gave up after 2 restarts"],
    ]);
    await removeAll();
  });

  test("that takes more memory than its limit says so", async () => {
    const id = "eater-7-aaaaaa";
    const inputs = {
      ...shell("dd if=/dev/zero of=/dev/null bs=100M count=1"),
      restart: { policy: "never" },
      resources: { memory: "16Mi" },
    };
    host.assign([
      { id, inputs: { ...inputs, command: ["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"] } },
    ]);
    const [instance] = await host.until(
      "killed",
      only(id, ({ state }) => state === "failed"),
    );
    expect(instance?.reason).toMatch(/^killed: out of memory/);
    await removeAll();
  });
});

test("kill -9 of the agent while an instance ends: the others are adopted, the same process and healthy all along; within 10 s", async () => {
  const [kept, ended, unwanted] = ["web-0-bbbbbb", "web-1-bbbbbb", "web-2-bbbbbb"] as const;
  const serve = { ...shell("while true; do sleep 0.1; done"), stopGracePeriod: "100ms" };
  const workloads = [
    { id: kept, inputs: serve },
    {
      id: ended,
      inputs: { ...shell("trap 'exit 5' TERM; while true; do sleep 0.1; done"), restart: { delay: "100ms" } },
    },
    { id: unwanted, inputs: serve },
  ];
  host.assign(workloads);
  const before = await host.until(
    "healthy",
    (all) => all.length === 3 && all.every(({ healthy }) => healthy),
  );
  await host.killAgent();
  await host.output(["kill", "-TERM", String(before[1]?.pid)]);
  const count = host.reports.length;
  host.assign(workloads.slice(0, 2));
  await host.startAgent();
  const adopted = await host.until(
    "restarted",
    only(ended, ({ restarts, state }) => restarts === 1 && state === "running"),
  );
  expect(adopted[0]).toMatchObject({
    id: kept,
    pid: before[0]?.pid,
    restarts: 0,
    startedAt: before[0]?.startedAt,
  });
  expect(
    host.reports
      .slice(count)
      .flat()
      .filter(({ id }) => id === kept)
      .every(({ healthy }) => healthy),
  ).toBe(true);
  expect(
    host.reports
      .slice(count)
      .flat()
      .find(({ exitCode }) => exitCode === 5),
  ).toMatchObject({ reason: "exited with code 5" });
  await host.until("removed", isGone(unwanted));
  await removeAll();
});

test("kill -9 of an instance, alone or with its monitor: it starts again, and is counted; within 10 s", async () => {
  const id = "web-0-cccccc";
  host.assign([
    { id, inputs: { ...shell("sleep 1000"), stopGracePeriod: "100ms", restart: { delay: "100ms" } } },
  ]);
  const [first] = await host.until(
    "healthy",
    only(id, ({ healthy }) => healthy),
  );
  await host.output(["kill", "-KILL", String(first?.pid)]);
  const [again] = await host.until(
    "again",
    only(id, ({ healthy, restarts }) => healthy && restarts === 1),
  );
  expect(again?.pid).not.toBe(first?.pid);

  const monitor = await host.output(["cat", join(host.root, "run/runtime/bundles", id, "monitor.pid")]);
  await host.output(["kill", "-KILL", monitor, String(again?.pid)]);
  const [third] = await host.until(
    "a third time",
    only(id, ({ healthy, restarts }) => healthy && restarts === 2),
  );
  expect(third?.pid).not.toBe(again?.pid);
  await removeAll();
});

test("kill -9 of conmon: its instance starts again, says why, and is heard again; within 10 s", async () => {
  const id = "web-0-eeeeee";
  const inputs = {
    ...shell("echo up; exec sleep 1000"),
    stopGracePeriod: "100ms",
    restart: { delay: "100ms" },
  };
  host.assign([{ id, inputs }]);
  await host.until(
    "healthy",
    only(id, ({ healthy }) => healthy),
  );
  const monitor = await host.output(["cat", join(host.root, "run/runtime/bundles", id, "monitor.pid")]);
  await host.output(["kill", "-KILL", monitor]);
  const count = host.reports.length;
  await host.until(
    "again",
    only(id, ({ healthy, restarts }) => healthy && restarts === 1),
  );
  const reasons = host.reports
    .slice(count)
    .flat()
    .map(({ reason }) => reason);
  expect(reasons).toContain("its monitor (conmon) was killed, and its output with it");
  expect(await texts(id)).toEqual(["up", "up"]);
  await removeAll();
});

test("a host's half after a reboot: what is wanted starts again, the rest is removed; within 10 s", async () => {
  const [kept, unwanted] = ["web-0-dddddd", "web-1-dddddd"] as const;
  const inputs = { ...shell("echo up; exec sleep 1000"), stopGracePeriod: "100ms" };
  host.assign([kept, unwanted].map((id) => ({ id, inputs })));
  const before = await host.until(
    "healthy",
    (all) => all.length === 2 && all.every(({ healthy }) => healthy),
  );
  await host.killAgent();
  const runtime = join(host.root, "run/runtime");
  const monitors = await host.output(["sh", "-c", `awk 1 ${runtime}/bundles/*/monitor.pid`]);
  const pids = before.map(({ pid }) => String(pid));
  await host.output(["kill", "-KILL", ...monitors.trim().split(/\s+/), ...pids]);
  await host.output(["umount", "-l", runtime]);
  await host.output(["sh", "-c", `umount ${host.root}/run/netns/* ${host.root}/lib/instances/*/root`]);

  const count = host.reports.length;
  host.assign([{ id: kept, inputs }]);
  await host.startAgent();
  const fits = only(kept, ({ healthy, pid }) => healthy && pid !== before[0]?.pid);
  await host.until("started again", (all) => all.length === 1 && fits(all));
  expect(readFileSync(join(host.root, "agent.log"), "utf8")).toContain("its host restarted");
  const stops = host.reports
    .slice(count)
    .flat()
    .filter(({ id, state }) => id === kept && state === "stopping");
  expect(stops).toEqual([]);
  expect(await texts(kept)).toEqual(["up", "up"]);
  await removeAll();
});
