import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { startMachine } from "../lab/index.ts";

const program = join(import.meta.dirname, "cgroup", "main.ts");
/** A machine with v1 trees often has a v2 tree beside them, which shows the other half of the adapter. */
const mountRoots = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].filter((path) => existsSync(path));

test.each(mountRoots)("an instance's cgroup is seen, killed and removed in %s", async (mountRoot) => {
  await using machine = await startMachine({ name: "cgroup" });
  const result = await machine.run([process.execPath, program, mountRoot], { timeoutMs: 60_000 });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(["v1\n", "v2\n"]).toContain(result.stdout);
});
