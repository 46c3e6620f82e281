import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { runtimePaths } from "./layout.ts";
import { createStartWeights, weightOf } from "./weights.ts";

const id = "web-0-aaaaaa";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-weights-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["v1", "cpu/constellation", "cpu.shares", "512"],
  ["v2", "constellation", "cpu.weight", "20"],
] as const)(
  "on %s a container whose agent died at its start gets its own weight by the next",
  (cgroup, parent, file, weight) => {
    const paths = runtimePaths(folder);
    const path = join(folder, parent, id, file);
    mkdirSync(join(folder, parent, id), { recursive: true });
    mkdirSync(paths.bundle(id), { recursive: true });
    writeFileSync(path, "2048");
    const next = () => createStartWeights(paths, { cgroup, cgroupParent: "constellation" }, folder);
    next().note(id, 512);
    expect(readFileSync(path, "utf8")).toBe("2048");
    next();
    expect(readFileSync(path, "utf8").slice(0, weight.length)).toBe(weight);
  },
);

test("the least and the most of v1 are those of v2", () => {
  expect([2, 1_024, 262_144].map(weightOf)).toEqual([1, 39, 10_000]);
});
