import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { LocalImage, LocalReference } from "../../contract/index.ts";
import { createSeenImages } from "./seen-images.ts";

let folder: string;
let opened: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "seen-images-"));
  opened = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const archive: LocalReference = { kind: "docker-archive", path: "web.tar" };
const write = (text: string) => writeFileSync(join(folder, "web.tar"), text);
const images = (result: () => Promise<LocalImage> = async () => ({}) as LocalImage) =>
  createSeenImages(folder, ({ path }) => {
    opened.push(path);
    return result();
  });

test("an image is opened once, also by those who ask at the same time", async () => {
  write("one");
  const open = images();
  await Promise.all([open(archive), open(archive)]);
  await open(archive);
  expect(opened).toEqual(["web.tar"]);
});

test("an image that was written over is opened again", async () => {
  const open = images();
  write("one");
  await open(archive);
  write("another");
  await open(archive);
  expect(opened).toHaveLength(2);
});

test("a failure is not remembered, nor is what is not there", async () => {
  write("one");
  const broken = images(() => Promise.reject(new Error("broken")));
  await expect(broken(archive)).rejects.toThrow("broken");
  await expect(broken(archive)).rejects.toThrow("broken");
  const absent: LocalReference = { kind: "oci", path: "nothing" };
  await expect(broken(absent)).rejects.toThrow("broken");
  expect(opened).toHaveLength(3);
});
