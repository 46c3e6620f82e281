import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { inspect } from "./index.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "inspect-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const looking = () => ({
  paths: agentPaths(root),
  agentPid: undefined,
  run: async (program: string) => {
    if (program === "nft") throw new Error("run nft: not found");
    return `${program} 1.0\nmore\n`;
  },
});

test("on a machine where nothing is, each look that cannot be had says why, and the others are there", async () => {
  const seen = await inspect(looking(), [{ file: "more.json", look: () => ({ more: true }) }]);
  const found = new Map(seen.map((one) => [one.file, one]));
  expect(found.get("more.json")).toEqual({ file: "more.json", text: '{\n  "more": true\n}\n' });
  expect(found.get("machine/packet-rules.txt")).toMatchObject({ failure: "run nft: not found" });
  expect(found.get("machine/resources.json")).toMatchObject({ failure: expect.stringContaining("ENOENT") });
  expect(found.get("machine/versions.json")).toMatchObject({
    text: expect.stringContaining('"crun": "crun 1.0"'),
  });
  expect([...found.keys()].filter((file) => file.startsWith("logs/"))).toEqual([]);
});

test("of a long log the end is there, and how much is not", async () => {
  const { stateDir } = agentPaths(root);
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, "agent.log"), `${"x".repeat(600_000)}\nlast words\n`);
  const log = (await inspect(looking(), [])).find(({ file }) => file === "logs/agent.log");
  expect(log).toMatchObject({
    text: expect.stringMatching(/^x+\nlast words\n$/),
    leftOut: expect.any(Number),
  });
});
