import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import type { MachineProcess } from "../lab/index.ts";
import { type ResourceSpec, type Stack, startStack } from "./stack.ts";
import { local, script } from "./web.ts";

let stack: Stack & AsyncDisposable;
const gate = () => join(stack.machine.root, "gate");

beforeAll(async () => {
  stack = await startStack("halt");
  await mkdir(gate());
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

/** A service that is healthy once the gate is open: an `up` of it waits as long as a test wants. */
const gated = (more: Record<string, unknown> = {}): ResourceSpec =>
  script("while ! test -e /gate/open; do sleep 0.05; done; exec httpd -f -p 8000 -h /etc", {
    mounts: [{ hostPath: { path: gate() }, target: "/gate", readOnly: true }],
    healthCheck: { http: { path: "/hostname", port: 8000 } },
    ...more,
  });
const openGate = () => writeFile(join(gate(), "open"), "");
const closeGate = () => rm(join(gate(), "open"), { force: true });

const instancesOf = async (service: string) => await stack.client().listInstances({ service });
const running = (command: string) =>
  stack.machine.processes().filter((process) => process.command.includes(command) && process.state !== "Z");
const providers = () => running("dist/provider/main.js");

async function startUp(): Promise<MachineProcess> {
  const { environment, folder, machine } = stack;
  const argv = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];
  return await machine.spawn(argv, { cwd: folder, env: environment });
}

/** Starts an `up` and leaves it where it waits for the service's instance to get healthy. */
async function upUntilWaiting(
  service: string,
  revision = 1,
): Promise<{ engine: MachineProcess; waiting: Instance }> {
  const engine = await startUp();
  const waiting = await until(`${service} to run`, async () =>
    (await instancesOf(service)).find((each) => each.state === "running" && each.revision === revision),
  );
  expect(waiting.healthy).toBe(false);
  return { engine, waiting };
}

/** The rest of an interrupted `up`: the same instance goes on, there is no second one, and then all is quiet. */
async function expectUpContinues({ id, service }: Instance): Promise<void> {
  await openGate();
  await stack.up();
  expect(await instancesOf(service)).toMatchObject([{ id, healthy: true, restarts: 0 }]);
  expect(await stack.preview()).toEqual([]);
}

/** What a person does about the lock of an engine that was killed. */
async function cancelKilled(): Promise<void> {
  expect((await stack.pulumi("cancel", "--yes")).code).toBe(0);
}

describe("an up that ends in the middle of a create", () => {
  test("kill -9 of the engine while the agent comes up: the next up founds one cluster; with the next up", async () => {
    await stack.write({ resources: { local } });
    const engine = await startUp();
    await until("the agent to start", async () => running("dist/agent/main.js").length > 0 || undefined);
    engine.kill("SIGKILL");
    await engine.exited;
    await cancelKilled();
    await stack.up();
    expect(await stack.preview()).toEqual([]);
  });

  test("Ctrl-C in the middle of a create: the up ends and says so, and the next one goes on with the same instance; with the next up", async () => {
    await closeGate();
    await stack.write({ resources: { local, first: gated() } });
    const { engine, waiting } = await upUntilWaiting("first");
    engine.killGroup("SIGINT");
    const [{ code }, said] = await Promise.all([engine.exited, text(engine.stdout as Readable)]);
    expect(code).not.toBe(0);
    expect(said).toMatch(/first: cancelled while waiting: 0\/1 healthy/);
    expect(said).toContain("run pulumi up again: it goes on from here");
    expect(providers()).toEqual([]);
    await expectUpContinues(waiting);
  });

  test("kill -9 of the engine in the middle of a create: the provider ends by itself, and the next up goes on with the same instance; with the next up", async () => {
    await closeGate();
    await stack.write({ resources: { local, second: gated() } });
    const { engine, waiting } = await upUntilWaiting("second");
    engine.kill("SIGKILL");
    await engine.exited;
    await until("the provider to end", async () => providers().length === 0 || undefined, 5_000);
    await cancelKilled();
    await expectUpContinues(waiting);
  });

  test("kill -9 of the provider in the middle of a create: the up fails, and the next one goes on with the same instance; with the next up", async () => {
    await closeGate();
    await stack.write({ resources: { local, third: gated() } });
    const { engine, waiting } = await upUntilWaiting("third");
    for (const { pid } of providers()) await stack.run(["kill", "-9", String(pid)]);
    expect((await engine.exited).code).not.toBe(0);
    await expectUpContinues(waiting);
  });

  test("kill -9 of the agent in the middle of a create: the up goes on by itself, with the same process; within 20 s", async () => {
    await closeGate();
    await stack.write({ resources: { local, fourth: gated() } });
    const { engine, waiting } = await upUntilWaiting("fourth");
    const { pid } = await stack.client().info();
    await stack.run(["kill", "-9", String(pid)]);
    await until("another agent", async () => (await stack.client().info()).pid !== pid || undefined);
    await openGate();
    expect((await engine.exited).code).toBe(0);
    expect(await instancesOf("fourth")).toMatchObject([{ id: waiting.id, pid: waiting.pid, healthy: true }]);
    expect(await stack.preview()).toEqual([]);
  });
});

describe("an up that ends in the middle of an update", () => {
  test("Ctrl-C in the middle of an update: the old instance serves on, and the next up goes on; with the next up", async () => {
    await expectUpdateContinuesAfter("SIGINT");
  });

  test("kill -9 of the engine in the middle of an update: the old instance serves on, and the next up goes on; with the next up", async () => {
    await expectUpdateContinuesAfter("SIGKILL");
  });
});

async function expectUpdateContinuesAfter(signal: "SIGINT" | "SIGKILL"): Promise<void> {
  await openGate();
  await stack.write({ resources: { local, web: gated({ env: { SIGNAL: "none" } }) } });
  await stack.up();
  const [before] = await instancesOf("web");
  await closeGate();
  await stack.write({ resources: { local, web: gated({ env: { SIGNAL: signal } }) } });
  const { engine, waiting } = await upUntilWaiting("web", (before?.revision ?? 0) + 1);
  engine.kill(signal);
  await engine.exited;
  expect(await instancesOf("web")).toContainEqual(before);
  if (signal === "SIGKILL") await cancelKilled();
  await expectUpContinues(waiting);
}

test("Ctrl-C in the middle of a delete: the next up finishes it; with the next up", async () => {
  await openGate();
  const slow = script("trap : TERM; touch /tmp/on; while :; do sleep 0.1; done", { stopGracePeriod: "6s" });
  await stack.write({ resources: { local, slow } });
  await stack.up();
  await stack.write({ resources: { local } });
  const engine = await startUp();
  await until(
    "the instance to stop",
    async () => (await instancesOf("slow")).some(({ state }) => state === "stopping") || undefined,
  );
  engine.killGroup("SIGINT");
  expect((await engine.exited).code).not.toBe(0);
  await stack.up();
  expect(await instancesOf("slow")).toEqual([]);
  expect(await stack.preview()).toEqual([]);
});
