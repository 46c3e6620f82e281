import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { pinnedTools } from "../../tools/lib/places.mjs";
import { type Machine, startMachine } from "../lab/index.ts";

const program = join(import.meta.dirname, "../../agent/main.ts");

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine({ name: "program" });
});
afterAll(async () => await machine.stop());

test("an agent that cannot start ends and says why, though the store it started lives on", async () => {
  const programs = join(machine.root, "programs");
  mkdirSync(programs);
  for (const file of ["/bin/cat", "/bin/mv", join(pinnedTools, "etcd")]) {
    symlinkSync(file, join(programs, file.slice(file.lastIndexOf("/") + 1)));
  }
  const command = [process.execPath, program, "run", "--root", join(machine.root, "agent")];
  const { code, stderr } = await machine.run(["env", `PATH=${programs}`, ...command], { timeoutMs: 60_000 });
  expect(stderr).toContain("find program crun");
  expect(code).toBe(1);
});
