import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, script } from "../e2e/web.ts";
import { follow, readSections } from "./follow.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("cli");
  const login = { type: "constellation:Secret", properties: { cluster: "${local.access}", value: "hush" } };
  const web = script("i=0; while sleep 0.1; do i=$((i+1)); echo line $i; done", { replicas: 2 });
  await stack.write({ resources: { local, login, web } });
  await stack.up();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

describe.each(["cli", "production", "capacity"])("docs/guides/%s.md", (guide) => {
  test.each(readSections(guide))("$title", async ({ steps }) => {
    await follow(stack.machine, steps, {
      cwd: stack.folder,
      env: { ...stack.environment },
      timeoutMs: 60_000,
    });
  });
});
