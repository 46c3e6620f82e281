import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createCompiledFilters } from "./filters.ts";
import { runtimePaths } from "./layout.ts";
import { seccompProfile } from "./seccomp.ts";

const id = "web-0-aaaaaa";
const profile = seccompProfile([]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-filters-"));
  mkdirSync(join(folder, "crun", id), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function keptAs(compiled: string) {
  writeFileSync(join(folder, "crun", id, "seccomp.bpf"), compiled);
  createCompiledFilters(runtimePaths(folder)).keep(profile, id);
  return createCompiledFilters(runtimePaths(folder)).find(profile);
}

test("what crun compiled once is handed to it the next time, with the profile", () => {
  expect(keptAs("compiled")).toEqual({ profile, bpf: Buffer.from("compiled").toString("base64") });
});

test("an empty copy is none: it would filter nothing", () => {
  expect(keptAs("")).toEqual({ profile });
});
