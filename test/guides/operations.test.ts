import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { agentPaths, keptFiles } from "../../contract/index.ts";
import { otherBuild } from "../e2e/other-build.ts";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, web } from "../e2e/web.ts";
import { follow, readSections } from "./follow.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("ops");
  otherBuild(join(stack.machine.root, "constellation-0.2.0"), "0.2.0");
  await stack.write({ resources: { local, web: web({ replicas: 2 }) } });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

/** What stands beside a section's own words. */
const promises: Readonly<Record<string, () => void>> = {
  "Logs and files": () => everythingIsListed(),
  Restore: () => everythingIsListed(),
};

describe("docs/guides/operations.md", () => {
  const sections = readSections("operations");
  test.each(sections)("$title", async ({ title, steps }) => {
    const options = { cwd: stack.folder, env: { ...stack.environment }, timeoutMs: 100_000 };
    await follow(stack.machine, steps, options);
    promises[title]?.();
  });
});

/** The reference's page of files tells what is really there. */
function everythingIsListed(): void {
  const paths = agentPaths(stack.agentRoot);
  const unlisted = (["state", "run"] as const).flatMap((folder) => {
    const known = keptFiles.filter((file) => file.folder === folder).map(({ name }) => name.replace("/", ""));
    const there = readdirSync(folder === "state" ? paths.stateDir : paths.runDir);
    return there.filter((name) => !known.includes(name.replace(/\.(\d|new)$/, "")) && !known.includes(name));
  });
  expect(unlisted).toEqual([]);
}
