import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { boundFile } from "./bound-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bound-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a log past its bound is emptied, and its end kept beside it", () => {
  const path = join(folder, "log");
  writeFileSync(path, `${"a".repeat(50)}${"b".repeat(60)}`);
  boundFile(path, 100);
  expect(statSync(path).size).toBe(0);
  expect(readFileSync(`${path}.1`, "utf8")).toBe(`${"a".repeat(40)}${"b".repeat(60)}`);
  appendFileSync(path, "c");
  boundFile(path, 100);
  expect(readFileSync(path, "utf8")).toBe("c");
});

test("a log that is not there is left alone", () => {
  boundFile(join(folder, "none"), 100);
  expect(() => statSync(join(folder, "none.1"))).toThrow("ENOENT");
});
