import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Stack, startStack } from "./stack.ts";
import { local, web } from "./web.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("lost");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const secret = { type: "constellation:Secret", properties: { cluster: "${local.access}", value: "hush" } };

beforeEach(async () => {
  await stack.write({ resources: { local, secret, web: web() } });
  await stack.up();
});

describe("an agent that was stopped behind the engine's back", () => {
  const stop = async () => {
    const ours = stack.machine
      .processes()
      .filter(({ command }) => /constellation-guard|dist\/agent\/main\.js|etcd/.test(command));
    await stack.run(["kill", "-9", ...ours.map(({ pid }) => String(pid))]);
  };

  test("is told by a refresh, and started by the next up, which finds everything", async () => {
    const before = await stack.client().listInstances();
    await stop();
    const refreshed = await stack.refresh();
    expect(refreshed.stdout).toMatch(/agent does not (run|answer)/);
    expect(refreshed.stdout).not.toMatch(/deleted/);
    await stack.up();
    expect(await stack.client().listInstances()).toEqual(before);
    expect(await stack.preview()).toEqual([]);
  });

  test("is named by an up that needs it, with what to do", async () => {
    await stop();
    await stack.write({ resources: { local, secret, web: web({ replicas: 2 }) } });
    expect(await stack.failingUp()).toMatch(/update web: its cluster's agent does not answer; pulumi up --refresh starts it/);
    expect((await stack.pulumi("up", "--yes", "--skip-preview", "--refresh")).code).toBe(0);
    expect(await stack.client().listInstances()).toHaveLength(2);
  });
});

describe("a cluster that was removed behind the engine's back", () => {
  const remove = async () =>
    expect(await stack.run(["constellation-agent", "down"])).toMatchObject({ code: 0 });

  test("is made again by an up that refreshes, with all that was on it", async () => {
    await remove();
    expect((await stack.pulumi("up", "--yes", "--skip-preview", "--refresh")).code).toBe(0);
    expect(await stack.client().listInstances()).toMatchObject([{ name: "web-0", healthy: true }]);
    expect(await stack.preview()).toEqual([]);
  });

  test("does not keep a destroy from ending", async () => {
    await remove();
    await stack.destroy();
    expect(JSON.parse(await stack.stateText()).checkpoint.latest.resources ?? []).toEqual([]);
  });
});
