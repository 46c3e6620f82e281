import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { makeUpper } from "./folders.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-folders-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the folder that takes what an instance writes looks like its image's root, until the instance changes it", () => {
  const [upper, topmost] = [join(folder, "web-0", "upper"), join(folder, "layer")];
  mkdirSync(topmost);
  chmodSync(topmost, 0o1555);
  makeUpper(upper, topmost);
  expect(statSync(upper).mode & 0o7777).toBe(0o1555);
  chmodSync(upper, 0o700);
  makeUpper(upper, topmost);
  expect(statSync(upper).mode & 0o7777).toBe(0o700);
});
