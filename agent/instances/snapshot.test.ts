import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Logger } from "pino";
import type { Assignment } from "../session/index.ts";
import { createSnapshots, readSnapshot } from "./snapshot.ts";

const log = { warn: () => undefined } as unknown as Logger;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapshot-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const endpoints = Array.from({ length: 50_000 }, (_, at) => ({
  instance: `web-${at}`,
  address: "10.64.0.2",
}));
const assignment = (revision: number, placements: readonly string[]) =>
  ({
    ...{ revision, specs: {}, services: [{ uid: "web", endpoints }] },
    placements: placements.map((id) => ({ id })),
  }) as unknown as Assignment;
const kept = () => readSnapshot(folder, log);

test("what is said of the host's own instances is kept at once, the routes of a large cluster soon", async () => {
  const snapshots = createSnapshots(folder, log);
  snapshots.keep(assignment(1, []));
  snapshots.keep(assignment(2, []));
  expect(kept()?.revision).toBe(1);
  snapshots.keep(assignment(3, ["web-0"]));
  expect(kept()?.placements.map(({ id }) => id)).toEqual(["web-0"]);
  snapshots.keep(assignment(4, ["web-0"]));
  for (const end = performance.now() + 10_000; kept()?.revision !== 4; await delay(50))
    expect(performance.now()).toBeLessThan(end);
});
