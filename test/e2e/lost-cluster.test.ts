import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { addStack, type Stack, startStack } from "./stack.ts";
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
    expect(await stack.failingUp()).toMatch(
      /update web: its cluster's agent does not answer; pulumi up --refresh starts it/,
    );
    expect((await stack.pulumi("up", "--yes", "--skip-preview", "--refresh")).code).toBe(0);
    expect(await stack.client().listInstances()).toHaveLength(2);
  });
});

describe("a cluster that others use", () => {
  test("is not destroyed under them", async () => {
    const other = await addStack(stack.machine, "other");
    const { cluster: _, ...properties } = web().properties as Record<string, unknown>;
    await other.write({ resources: { guest: { type: "constellation:Service", properties } } });
    await other.up();
    await stack.write({ resources: {} });
    expect(await stack.failingUp()).toMatch(
      /others keep a document on it: Service default\/guest of urn:pulumi:test::other::/,
    );
    expect(await stack.client().listInstances({ service: "guest" })).toMatchObject([{ healthy: true }]);
    await other.destroy();
    await stack.up();
    expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
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

  test("is replaced where its network changes, and what was on it made again", async () => {
    const { id } = await stack.client().getCluster();
    const other = { ...local, properties: { network: { cidr: "10.96.0.0/16" } } };
    await stack.write({ resources: { local: other, secret, web: web() } });
    expect(await stack.preview()).toContainEqual(
      expect.objectContaining({ op: "replace", diff: { "network.cidr": "update-replace" } }),
    );
    await stack.up();
    expect((await stack.client().getCluster()).id).not.toBe(id);
    expect(await stack.client().listInstances()).toMatchObject([
      { name: "web-0", healthy: true, address: expect.stringMatching(/^10\.96\./) },
    ]);
    expect(await stack.preview()).toEqual([]);
    await stack.destroy();
  });

  test("does not keep a destroy from ending", async () => {
    await remove();
    await stack.destroy();
    expect(JSON.parse(await stack.stateText()).checkpoint.latest.resources ?? []).toEqual([]);
  });
});
