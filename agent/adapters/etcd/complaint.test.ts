import { expect, test } from "@jest/globals";
import { troubleOf } from "./complaint.ts";

const disk = { dataDir: "/s/etcd", freeBytes: 2 ** 30 };
const json = (level: string, msg: string, error?: string) => JSON.stringify({ level, msg, error });

test("a member that ended without complaint is in no trouble that is known", () => {
  expect(troubleOf(json("warn", "simple token is not cryptographically signed"), disk)).toBeUndefined();
});

test("a full disk is told by its words, or by the disk where it could not write any", () => {
  const full = /^no space left for \/s\/etcd; free some/;
  expect(troubleOf(json("panic", "failed to commit tx", "no space left on device"), disk)).toMatch(full);
  expect(troubleOf("unexpected fault address 0x7f86", { ...disk, freeBytes: 0 })).toMatch(full);
  expect(troubleOf("ENOSPC: no space left on device, write", disk)).toMatch(full);
});

test.each([
  [
    `${json("error", "bootstrap failed", "walpb: crc mismatch: expected: 1")}\n${json("fatal", "discovery failed")}`,
  ],
  ["unexpected fault address 0x7f868ce49000\nfatal error: fault\n[signal SIGBUS]"],
  ["panic: cannot use none as id\n\ngoroutine 1 [running]:"],
  [json("panic", "failed to open database", "invalid database")],
  ["panic: assertion failed: Page expected to be: 73, but self identifies as 12297829382473034410"],
])("damaged files are named, with what to do: %s", (words) => {
  expect(troubleOf(words, disk)).toMatch(/^its files in \/s\/etcd are damaged \(.+\); restore a backup/);
});

test("anything else is told in etcd's own words", () => {
  expect(troubleOf(json("fatal", "listen failed", "address in use"), disk)).toBe(
    "it ended: listen failed: address in use",
  );
});
