import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { lostLog } from "./log-ahead.ts";

const data = "member/snap/db";
const log = "member/wal/0000000000000000-0000000000000000.wal";

test.each<[string, readonly string[], boolean]>([
  ["nothing yet", [], false],
  ["data and log", [data, log], false],
  ["a first start that was cut short", [data, "member/wal.tmp/0.tmp"], false],
  ["data alone", [data], true],
  ["data, and a folder without logs", [data, "member/wal/0.tmp"], true],
])("a member's folder with %s", (_, files, isLost) => {
  const folder = mkdtempSync(join(tmpdir(), "cst-member-"));
  try {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), "");
    }
    expect(lostLog(folder) !== undefined).toBe(isLost);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
