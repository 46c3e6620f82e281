import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { engineEnvironment } from "../e2e/stack.ts";
import { follow } from "../guides/follow.ts";
import { stepsOf } from "../guides/steps.ts";
import { startMachine } from "../lab/index.ts";

const clone = join(import.meta.dirname, "..", "..");
const shared = [".images", "dist", "node_modules", "package.json", "sdk", "test", "tools"];
const limits = { exampleMs: 240_000 } as const;

/** Follows `examples/NAME/README.md`, whose hosts are a lab's, in a machine and a clone of its own. */
export async function followOnLab(name: string): Promise<void> {
  await ensureKit(thisArch);
  const machine = await startMachine();
  try {
    const folder = join(machine.root, "clone");
    await mkdir(folder);
    for (const each of shared) await symlink(join(clone, each), join(folder, each));
    // The engine writes its stacks' settings beside their programs.
    for (const each of ["stacks/hosts", `examples/${name}`])
      await cp(join(clone, each), join(folder, each), { recursive: true });
    const env = { ...(await engineEnvironment(machine.root)), CONSTELLATION_LAB_FOLDER: machine.root };
    const steps = stepsOf(await readFile(join(clone, "examples", name, "README.md"), "utf8"));
    // What builds the clone's own files was done before.
    const own = steps.map((step) => ({ ...step, script: step.script.replace(/^npm run images.*\n/m, "") }));
    await follow(machine, own, { cwd: folder, env, timeoutMs: limits.exampleMs });
  } finally {
    await machine.stop();
  }
}
