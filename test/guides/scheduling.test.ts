import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, web } from "../e2e/web.ts";
import { follow, readSections } from "./follow.ts";

let stack: Stack & AsyncDisposable;
const cluster = { ...local, properties: { ...local.properties, labels: { zone: "a" } } };
const inZone = (zone: string) => web({ placement: { constraints: [{ key: "zone", values: [zone] }] } });

beforeAll(async () => {
  stack = await startStack("place");
  await stack.write({ resources: { local: cluster, web: inZone("a") } });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

describe("docs/guides/scheduling.md", () => {
  test.each(readSections("scheduling"))("$title", async ({ steps }) => {
    const options = { cwd: stack.folder, env: { ...stack.environment }, timeoutMs: 100_000 };
    await follow(stack.machine, steps, options);
  });

  test("what no host takes is told by the preview and fails the up, and what runs goes on", async () => {
    await stack.write({ resources: { local: cluster, web: inZone("b") } });
    const { stdout } = await stack.pulumi("preview");
    expect(stdout).toMatch(/1 of 1 would go nowhere: 1 host: \S+ fails the constraint zone in b \(a\)/);
    expect(await stack.failingUp()).toMatch(/web-0: 1 host: \S+ fails the constraint zone in b \(a\)/);
    const explained = await stack.client().explainService({ namespace: "default", name: "web" });
    expect(explained?.placed).toHaveLength(1);
  });
});
