import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readInside } from "./inside.ts";
import { instanceLimits } from "./limits.ts";

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "cst-inside-"));
  root = join(base, "root");
  mkdirSync(join(root, "etc"), { recursive: true });
  mkdirSync(join(root, "usr/etc"), { recursive: true });
  writeFileSync(join(root, "usr/etc/passwd"), "inner");
  mkdirSync(join(base, "etc"));
  writeFileSync(join(base, "etc/passwd"), "outer");
});
afterEach(() => rmSync(base, { recursive: true }));

test.each([
  ["relative", "../usr/etc/passwd"],
  ["absolute", "/usr/etc/passwd"],
  ["above the root", "../../../usr/etc/passwd"],
])("a %s link leads inside", (_, target) => {
  symlinkSync(target, join(root, "etc/passwd"));
  expect(readInside(root, "/etc/passwd")).toBe("inner");
});

test.each([
  ["out of it", "../../etc/passwd"],
  ["to the host's folder", ""],
  ["to itself", "passwd"],
])("a link %s does not", (_, target) => {
  symlinkSync(target || join(base, "etc/passwd"), join(root, "etc/passwd"));
  expect(readInside(root, "/etc/passwd")).toBeUndefined();
});

test("a linked folder is followed inside", () => {
  rmSync(join(root, "etc"), { recursive: true });
  symlinkSync("/usr/etc", join(root, "etc"));
  expect(readInside(root, "/etc/passwd")).toBe("inner");
});

test("no file, a folder and a huge file are nothing", () => {
  expect(readInside(root, "/etc/passwd")).toBeUndefined();
  expect(readInside(root, "/etc")).toBeUndefined();
  writeFileSync(join(root, "etc/group"), "");
  truncateSync(join(root, "etc/group"), instanceLimits.userFileBytes + 1);
  expect(readInside(root, "/etc/group")).toBeUndefined();
});
