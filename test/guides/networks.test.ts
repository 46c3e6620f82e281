import { readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { type Stack, startStack } from "../e2e/stack.ts";
import { withResources } from "../examples/guide.ts";
import { blocks } from "../examples/markdown.ts";
import { follow } from "./follow.ts";
import { stepsOf } from "./steps.ts";

const clone = join(import.meta.dirname, "..", "..");
const text = readFileSync(join(clone, "docs", "guides", "networks.md"), "utf8");
const [opening = "", ...sections] = text.split(/^## /m);
const [program = ""] = blocks(opening, "yaml");

let stack: Stack & AsyncDisposable;
const entries: string[] = [];
/** Of what the guide shows, for good: its servers are first processes, which no SIGTERM ends. */
let change = (given: string) => given.replace(/^( *)command:/gm, "$1stopGracePeriod: 100ms\n$1command:");

beforeAll(async () => {
  stack = await startStack("networks");
  await symlink(clone, join(stack.folder, "..", "constellation"));
  await write();
  await stack.up();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

describe("docs/guides/networks.md", () => {
  test.each(sections.map((section) => [section.slice(0, section.indexOf("\n")), section]))(
    "%s",
    async (_, section) => {
      const more = blocks(section, "yaml");
      if (more.length > 0) {
        entries.push(...more);
        await write();
        await stack.up();
      }
      const options = { cwd: stack.folder, env: { ...stack.environment }, timeoutMs: 100_000 };
      await follow(stack.machine, stepsOf(section), options);
    },
  );

  test("changes of networks touch no instance, and a new range makes the network anew under its services", async () => {
    const before = await instances();
    await write((given) =>
      given.replace("internal: true", "internal: false").replace("172.20.0.10,", "172.20.0.11,"),
    );
    const steps = await stack.preview();
    expect(steps).toEqual([
      { op: "update", urn: expect.stringContaining("Network::back"), diff: { internal: "update" } },
      {
        op: "update",
        urn: expect.stringContaining("Service::db"),
        diff: { "networks[0].address": "update" },
      },
    ]);
    expect(await stack.appliedSteps()).toEqual(steps);
    const earlier = change;
    change = (given) => earlier(given).replaceAll("172.20.0.", "172.21.0.");
    await write();
    await stack.up();
    expect(await instances()).toEqual(before);
    const asked = ["exec", "api", "--", "wget", "-q", "-O", "-", "http://172.21.0.10/hostname"];
    expect((await stack.run(["constellation", ...asked])).stdout).toBe("db-0\n");
    expect(await stack.preview()).toEqual([]);
  });

  test("what cannot be is refused with its path before anything is touched", async () => {
    await write((given) => given.replace("172.21.0.10,", "172.30.0.10,"));
    expect(await stack.failingUp()).toMatch(
      /networks\[0\]\.address.* 172\.30\.0\.10 is outside of Network default\/back, 172\.21\.0\.0\/16/s,
    );
    await write((given) => given.replace("aliases: [store,", "aliases: [no_name,"));
    expect(await stack.failingUp()).toMatch(/networks\[0\]\.aliases\[0\].*"no_name" is no DNS name/s);
  });

  test("destroy leaves no trace, name servers of networks included", async () => {
    await stack.destroy();
    expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
  });
});

async function write(once = (given: string) => given): Promise<void> {
  await writeFile(join(stack.folder, "Pulumi.yaml"), once(change(withResources(program, entries))));
}

async function instances(): Promise<string[]> {
  const all: readonly Instance[] = await stack.client().listInstances({});
  return all.map(({ id }) => id).sort();
}
