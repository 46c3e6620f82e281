import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { root as clone, node } from "../../tools/lib/places.mjs";
import { run } from "../../tools/lib/run.mjs";
import { type Stack, startStack } from "../e2e/stack.ts";
import { blocks, follow } from "./markdown.ts";

const recipe = readFileSync(join(clone, "docs", "recipes", "add-a-resource.md"), "utf8");
/** Made by builds, runs and people; the copy makes its own. */
const notCopied = new Set([".git", ".images", ".state", "dist", "node_modules"]);

describe("docs/recipes/add-a-resource.md", () => {
  let stack: Stack & AsyncDisposable;
  let copy: string;
  beforeAll(async () => {
    stack = await startStack("notes");
    copy = join(stack.folder, "..", "clone");
    for (const name of readdirSync(clone).filter((entry) => !notCopied.has(entry))) {
      cpSync(join(clone, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(clone, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
  });

  test("what it says to write is well formed, typed, generated and built", () => {
    follow(recipe, copy);
    const tool = (path: string, ...args: string[]) =>
      run(node, [join("node_modules", path), ...args], { cwd: copy });
    tool("@biomejs/biome/bin/biome", "ci", "--colors=off", "agent", "contract");
    run(node, ["tools/setup.mjs", "--with", "generate"], { cwd: copy });
    run(node, ["tools/generate.ts"], { cwd: copy });
    run(node, ["tools/setup.mjs"], { cwd: copy });
    tool("typescript/bin/tsc", "--noEmit");
    const { resources } = JSON.parse(readFileSync(join(copy, "provider", "schema.json"), "utf8"));
    expect(resources["constellation:index:Note"].description).toContain("people leave for each other");
  });

  test("its program runs, and nothing in provider and cli was touched", async () => {
    await write(programText());
    await stack.up();
    expect(await stack.outputs()).toEqual({ words: 4 });
    expect(await stack.preview()).toEqual([]);
    const shown = await stack.run([join(copy, "dist", "bin", "constellation"), "describe", "note"]);
    expect(shown.stdout).toMatch(/Note default\/note.*text: see you at noon.*priority: low.*words: 4/s);
  });

  test("its change is a diff, its rule a violation with a path", async () => {
    await write(programText().replace("see you at noon", "see you"));
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { text: "update" } }]);
    await stack.up();
    expect(await stack.outputs()).toEqual({ words: 2 });
    await write(programText().replace("see you at noon", "see you!!!"));
    expect(await stack.failingUp()).toContain("text shouts; use fewer exclamation marks");
  });

  test("destroy removes it", async () => {
    await stack.destroy();
    expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
  });

  const programText = () => (blocks(recipe, "yaml")[0] ?? "").replace("dist/bin", join(copy, "dist", "bin"));
  const write = async (text: string) => writeFileSync(join(stack.folder, "Pulumi.yaml"), text);
});
