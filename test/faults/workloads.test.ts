import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { limits } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { expectBystander } from "./bystander.ts";
import { type FaultHost, startFaultHost } from "./host.ts";

let host: FaultHost;

beforeAll(async () => {
  host = await startFaultHost();
  await host.serve("bystander", { replicas: 2 });
  await host.settled("bystander");
});
afterEach(async () => await remove("hostile"));
afterAll(async () => await host?.[Symbol.asyncDispose]());

/** A line of shell as process 1; nothing asks after its health. */
const shell = (line: string, more: object = {}) => ({
  command: ["sh", "-c", line],
  healthCheck: undefined,
  stopGracePeriod: "1s",
  ...more,
});

async function remove(name: string): Promise<void> {
  const address = { namespace: "default", plural: "services", name };
  if ((await host.client.getDocument(address)) === undefined) return;
  await host.client.deleteDocument(address);
  await gone(name);
}

/** Nothing is left: in the API, in the process list, of cgroups. */
async function gone(name: string, timeoutMs = 20_000): Promise<void> {
  const isLeft = (text: string) => text.includes(`/${name}-`);
  await until(
    `${name} to be gone`,
    async () => {
      const instances = await host.client.listInstances({ service: name });
      return instances.length + host.machine.cgroups().filter(isLeft).length === 0 || undefined;
    },
    timeoutMs,
  );
}

const only = async (name: string) => (await host.client.listInstances({ service: name }))[0];

async function reach(name: string, what: string, fits: (one: Instance) => boolean, timeoutMs = 20_000) {
  return await until(
    `${name}: ${what}`,
    async () => {
      const one = await only(name);
      return one && fits(one) ? one : undefined;
    },
    timeoutMs,
  );
}
type Instance = NonNullable<Awaited<ReturnType<typeof only>>>;
const isHealthy = ({ healthy }: Instance) => healthy;

/** Tasks of an instance as its cgroup counts them. */
const tasksOf = (one: Instance) => Number(readPids(one, "pids.current"));

/** How often its cgroup refused another one. */
const refusalsOf = (one: Instance) => Number(/max (\d+)/.exec(readPids(one, "pids.events"))?.[1]);

function readPids({ id }: Instance, file: string): string {
  const folder = host.machine.cgroups().find((path) => path.endsWith(id) && path.includes("pids"));
  return readFileSync(`/proc/${host.machine.pid}/root${folder}/${file}`, "utf8");
}

describe("a hostile workload", () => {
  test("a container that ignores SIGTERM: it is killed when its grace period is over, and its reason says so; within 5 s of that", async () => {
    await host.serve(
      "hostile",
      shell('trap "" TERM; while :; do sleep 0.1; done', { stopGracePeriod: "2s" }),
    );
    const { id } = await reach("hostile", "healthy", isHealthy);
    await expectBystander(host, async () => {
      const asked = performance.now();
      await remove("hostile");
      const tookMs = performance.now() - asked;
      expect(tookMs).toBeGreaterThan(2_000);
      expect(tookMs).toBeLessThan(7_000);
    });
    expect(host.said(id).join("")).toContain("service deleted; killed: it did not end within 2 s of SIGTERM");
  });

  const children = "i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i+1)); done; echo all; wait";
  test("a container that forks a thousand children: its neighbours do not notice, and a stop leaves none; within 10 s", async () => {
    await expectBystander(host, async () => {
      await host.serve("hostile", shell(children));
      const one = await reach("hostile", "healthy", isHealthy);
      await until("its children", async () => tasksOf(one) > 1_000 || undefined, 30_000);
      await host.client.deleteDocument({ namespace: "default", plural: "services", name: "hostile" });
      await gone("hostile", 10_000);
    });
    expect(host.running("sleep 1000")).toEqual([]);
  });

  test("a container that forks a thousand children under limits.pids: it has no more than that, and a stop leaves none; within 20 s", async () => {
    await expectBystander(host, async () => {
      await host.serve(
        "hostile",
        shell(`(${children}); exec sleep 1001`, { resources: { limits: { pids: 50 } } }),
      );
      const one = await reach("hostile", "healthy", isHealthy);
      await until("its process 1 to go on", async () => host.running("sleep 1001").length === 1 || undefined);
      expect(tasksOf(one)).toBeLessThanOrEqual(50);
      await remove("hostile");
    });
    expect(host.running("sleep 100")).toEqual([]);
  });

  const bomb = "bomb() { bomb & bomb & wait; }; bomb 2>/dev/null & exec sleep 1002";
  test("a fork bomb with limits.pids: it stays within them, its neighbours do not notice, and a stop leaves none; within 20 s", async () => {
    await expectBomb({ resources: { limits: { pids: 100 } } }, 100);
  });

  test("a fork bomb without limits: it stays within the usual bound, its neighbours do not notice, and a stop leaves none; within 20 s", async () => {
    await expectBomb({}, limits.defaultPids);
  });

  async function expectBomb(more: object, most: number): Promise<void> {
    await expectBystander(host, async () => {
      await host.serve("hostile", shell(bomb, more));
      const one = await reach("hostile", "started", ({ state }) => state === "running");
      await until("the bomb to go off", async () => refusalsOf(one) > 0 || undefined);
      expect(tasksOf(one)).toBeLessThanOrEqual(most);
      await host.client.deleteDocument({ namespace: "default", plural: "services", name: "hostile" });
      await gone("hostile", 20_000);
    });
    expect(host.running("bomb")).toEqual([]);
  }

  test("a container that never reaps its zombies: they count within limits.pids, and a stop leaves none; within 20 s", async () => {
    const orphans = "(while :; do (sleep 0.01 &) ; done) 2>/dev/null & exec sleep 1003";
    await expectBystander(host, async () => {
      await host.serve("hostile", shell(orphans, { resources: { limits: { pids: 60 } } }));
      const one = await reach("hostile", "started", ({ state }) => state === "running");
      await until("a crowd of zombies", async () => tasksOf(one) >= 50 || undefined, 30_000);
      expect(tasksOf(one)).toBeLessThanOrEqual(60);
      expect(host.machine.processes().filter(({ state }) => state === "Z").length).toBeGreaterThan(20);
      await remove("hostile");
    });
    await until(
      "no zombies",
      async () => host.machine.processes().every(({ state }) => state !== "Z") || undefined,
    );
  });

  test("a container that writes to stdout as fast as it can: its log never takes more than maxSize times maxFiles, and can be read meanwhile; at once", async () => {
    const logging = { maxSize: "1Mi", maxFiles: 3 };
    await expectBystander(host, async () => {
      await host.serve("hostile", shell(`exec yes ${"0123456789".repeat(20)}`, { logging }));
      const { id } = await reach("hostile", "healthy", isHealthy);
      const folder = join(host.paths.stateDir, "instances", id);
      let most = 0;
      let read = 0;
      const [soonest, latest] = [performance.now() + 3_000, performance.now() + 60_000];
      const isEnough = () => performance.now() > soonest && read > 3 && writtenMiB(id) > 100;
      while (!isEnough() && performance.now() < latest) {
        most = Math.max(most, logBytes(folder));
        for await (const { text } of host.client.logs(id, { tail: 3 }, AbortSignal.timeout(5_000)))
          if (text.startsWith("0123456789")) read += 1;
      }
      expect(most).toBeGreaterThan(2 ** 20);
      expect(most).toBeLessThanOrEqual(3 * 2 ** 20);
      expect(read).toBeGreaterThan(3);
      expect(writtenMiB(id)).toBeGreaterThan(100);
    });
  });

  test("a container that runs out of memory: its reason says so, of its first process and of a child; within 20 s", async () => {
    const resources = { memory: "16Mi" };
    await expectBystander(host, async () => {
      await host.serve("hostile", {
        ...shell(""),
        command: ["tail", "/dev/zero"],
        resources,
        restart: { policy: "never" },
      });
      const first = await reach("hostile", "failed", ({ state }) => state === "failed");
      expect(first.reason).toBe("killed: out of memory; raise `resources.memory` or use less");
      await remove("hostile");
      const line = "tail /dev/zero; exit 3";
      await host.serve("hostile", shell(line, { resources, restart: { policy: "never" } }));
      const second = await reach("hostile", "failed", ({ state }) => state === "failed");
      expect(second.reason).toBe(
        "exited with code 3 after one of its processes was killed: out of memory; raise `resources.memory` or use less",
      );
    });
  });
});

test("crash loops by the dozen: another service starts beside them, neighbours do not notice; within 10 s", async () => {
  const restart = { delay: "100ms" };
  await expectBystander(host, async () => {
    await host.serve("hostile", { ...shell("exit 7"), replicas: 36, restart, resources: { cpu: 0.01 } });
    await until(
      "all of them to have crashed",
      async () => {
        const all = await host.client.listInstances({ service: "hostile" });
        return (all.length === 36 && all.every(({ restarts }) => restarts > 0)) || undefined;
      },
      30_000,
    );
    await host.serve("late", { replicas: 4 });
    await host.settled("late", 10_000);
    await remove("late");
  });
});

/** Two names of one file count once. */
function logBytes(folder: string): number {
  const names = readdirSync(folder).filter((name) => name === "log" || name.startsWith("log."));
  const files = names.flatMap((name) => statSync(join(folder, name), { throwIfNoEntry: false }) ?? []);
  return [...new Map(files.map(({ ino, size }) => [ino, size])).values()].reduce(
    (sum, size) => sum + size,
    0,
  );
}

function writtenMiB(id: string): number {
  const [monitor] = host.monitors(id.split("-")[0] ?? "");
  const counters = readFileSync(`/proc/${host.machine.pid}/root/proc/${monitor?.pid}/io`, "utf8");
  return Math.round(Number(/wchar: (\d+)/.exec(counters)?.[1]) / 2 ** 20);
}
