import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { backupTarget, writeBackupFile } from "./file.ts";
import { readPassphrase } from "./passphrase.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backup-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("takes the place of the file that a link leads to, for its owner alone, and leaves the link", () => {
  const [file, link] = [join(folder, "file"), join(folder, "link")];
  writeFileSync(file, "older", { mode: 0o644 });
  symlinkSync(file, link);
  writeBackupFile(backupTarget(link), Buffer.from("new"));
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test("is refused where no file is: a device or a folder is not replaced", () => {
  for (const path of ["/dev/null", folder]) expect(() => backupTarget(path)).toThrow("no regular file");
});

test("leaves what was there, and no part of itself, where it cannot be written", () => {
  mkdirSync(join(folder, "taken"));
  expect(() => writeBackupFile(join(folder, "taken"), Buffer.from("x"))).toThrow("choose another place");
  expect(() => writeBackupFile(join(folder, "nowhere", "x"), Buffer.from("x"))).toThrow("ENOENT");
  expect(readdirSync(folder)).toEqual(["taken"]);
});

test("a passphrase's file may be one that never ends", async () => {
  const { stdin, stderr } = process;
  const passphrase = await readPassphrase({ file: "/dev/zero", env: {}, stdin, stderr, isNew: true });
  expect(passphrase).toHaveLength(4_096);
});
