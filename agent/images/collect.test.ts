import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { openBlobStore } from "./blobs.ts";
import { collect } from "./collect.ts";
import { imageStoreLimits } from "./limits.ts";
import { openUsage } from "./usage.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "collect-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test("whatever lies among the downloads goes when it is old, a folder too", async () => {
  const place = (name: string) => join(folder, name);
  for (const name of ["blobs", "temp", "used", "pulls/folder"]) mkdirSync(place(name), { recursive: true });
  for (const name of ["pulls/folder/file", "pulls/a.partial"]) writeFileSync(place(name), "part");
  const stores = {
    blobs: openBlobStore(place("blobs"), place("temp")),
    layers: { list: async () => [], path: place, size: async () => 0, remove: async () => {} },
    usage: openUsage(place("used")),
    partials: place("pulls"),
  };
  const rules = { maxBytes: 1e9, graceMs: 0, lackingBytes: 0 };
  await collect(stores, new Set(), rules);
  expect(readdirSync(place("pulls")).sort()).toEqual(["a.partial", "folder"]);
  const later = Date.now() + imageStoreLimits.partialKeepMs + 1_000;
  jest.spyOn(Date, "now").mockReturnValue(later);
  await collect(stores, new Set(), rules);
  expect(readdirSync(place("pulls"))).toEqual([]);
});
