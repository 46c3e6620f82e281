import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Stack, startStack } from "./stack.ts";
import { local, script } from "./web.ts";

let stack: Stack & AsyncDisposable;
let folder: string;

/** Nothing says that these need the cluster first: they reach it by the environment. */
const names = ["one", "two", "three"];
const services = () => {
  const farewell = (name: string) =>
    `trap 'sleep 1; echo bye > /left/${name}; exit 0' TERM; while :; do sleep 0.1; done`;
  return Object.fromEntries(
    names.map((name) => {
      const { cluster: _, ...properties } = script(farewell(name), {
        mounts: [{ target: "/left", hostPath: { path: folder } }],
        stopGracePeriod: "20s",
      }).properties as Record<string, unknown>;
      return [name, { type: "constellation:Service", properties }];
    }),
  );
};

beforeEach(async () => {
  stack = await startStack("destroy");
  folder = join(stack.machine.root, "left");
  mkdirSync(folder);
  await stack.write({ resources: { local } });
  await stack.up();
  await stack.write({ resources: { local, ...services() } });
  await stack.up();
});
afterEach(async () => {
  await stack[Symbol.asyncDispose]();
});

test.each([
  ["all at once", []],
  ["one after the other", ["--parallel", "1"]],
])("services that do not name their cluster end as they want before it goes: %s", async (_, options) => {
  const done = await stack.pulumi("destroy", "--yes", "--skip-preview", ...options);
  expect(done).toMatchObject({ code: 0 });
  expect(readdirSync(folder).sort()).toEqual(names.toSorted());
  expect(JSON.parse(await stack.stateText()).checkpoint.latest.resources ?? []).toEqual([]);
  expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
});
