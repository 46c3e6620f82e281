import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { fingerprint } from "./hash.mjs";
import { root } from "./places.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fingerprint-"));
  writeFileSync(join(folder, "a"), "1");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const print = (...facts: string[]) => fingerprint([relative(root, folder)], facts);

test.each([
  ["a change of contents", () => writeFileSync(join(folder, "a"), "2")],
  ["a new file", () => writeFileSync(join(folder, "b"), "")],
  ["a new name", () => renameSync(join(folder, "a"), join(folder, "b"))],
])("notices %s", (_, change) => {
  const before = print();
  change();
  expect(print()).not.toBe(before);
});

test.each([
  ["a test", "a.test.ts"],
  ["what was built", "bin/x"],
  ["what was installed", "node_modules/x"],
])("does not notice %s", (_, path) => {
  const before = print();
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), "");
  expect(print()).toBe(before);
});

test("tells facts apart", () => {
  expect(print("x64")).not.toBe(print("arm64"));
  expect(print("ab")).not.toBe(print("a", "b"));
});

test("leaves out what does not exist", () => {
  expect(fingerprint(["no/such/file"])).toBe(fingerprint([]));
});
