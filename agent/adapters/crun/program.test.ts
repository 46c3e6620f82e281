import { chmodSync, linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createGuardedProgram } from "./program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "program-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("first starts at once make one mount", async () => {
  const program = join(folder, "crun");
  writeFileSync(program, "");
  let bound = 0;
  const guarded = createGuardedProgram(program, join(folder, "guarded", "crun"), {
    unmount: async () => false,
    async bind({ source, target }) {
      bound += 1;
      await new Promise(setImmediate);
      rmSync(target);
      linkSync(source, target);
      chmodSync(target, 0o400);
    },
  });
  const paths = await Promise.all([guarded.path(), guarded.path(), guarded.path()]);
  expect(new Set(paths).size).toBe(1);
  expect(bound).toBe(1);
});
