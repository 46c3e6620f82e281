import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Machine, startMachine } from "../lab/index.ts";

const program = join(import.meta.dirname, "libc", "main.ts");
const checks = [
  ["checkSpawn", "descriptors, folder and exit code of a child"],
  ["checkDaemon", "a child's end is seen while its descendant lives on"],
  ["checkRun", "tools end within their limits"],
  ["checkSignals", "a signal never reaches a later process with the same pid"],
  ["checkOverlay", "an overlay over layers"],
  ["checkManyLayers", "120 layers with long and odd names"],
  ["checkReadOnly", "read-only overlays and bind mounts"],
  ["checkTmpfs", "a bounded tmpfs"],
  ["checkAnchor", "the anchor comes and goes, twice"],
  ["checkRoutes", "ranges behind other hosts come and go, and go with the anchor"],
  ["checkPlugIn", "host and instances reach an instance"],
  ["checkRepair", "plugging in ends what a crash interrupted"],
  ["checkConntrack", "UDP flows of one endpoint are forgotten, and of many at once"],
  ["checkSockets", "a connection tells who spoke last"],
] as const;

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine({ name: "libc" });
});

afterAll(async () => {
  await machine.stop();
});

describe.each(["libc", "tools"])("by %s", (implementation) => {
  test.each(checks)("%s: %s", async (name, _meaning) => {
    const folder = join(machine.root, `${name}-${implementation}`);
    mkdirSync(folder);
    const result = await machine.run([process.execPath, program, name, implementation, folder], {
      timeoutMs: 60_000,
    });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });
});
