import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { changeRecord, type Entry } from "./entry.ts";
import { newLife } from "./life.ts";
import { placesOf } from "./places.ts";

const placement = {
  ...{ id: "web-0-aaaaaa", namespace: "default", service: "web", serviceUid: "u1", name: "web-0", index: 0 },
  ...{ specKey: "u1/1", revision: 1, address: "10.64.0.5" },
};

test("a record that cannot be written changes all the same, and is written later", () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-entry-"));
  try {
    const places = placesOf({ state: folder, runtime: folder }, placement.id);
    const policy = { restart: "always", delayMs: 1, windowMs: 1, stopSignal: "SIGTERM", graceMs: 1 } as const;
    const record = { version: 1, placement, image: "x", policy, life: newLife(0), healthy: false } as const;
    const entry: Entry = { record, places, unhealthy: "" };
    writeFileSync(places.kept, "not a folder");
    changeRecord(entry, { healthy: true });
    expect(entry.record.healthy).toBe(true);
    expect(entry.unkept).toMatchObject({ code: "EEXIST" });
    rmSync(places.kept);
    changeRecord(entry, {});
    expect(entry.unkept).toBeUndefined();
    expect(JSON.parse(readFileSync(places.record, "utf8")).healthy).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
