import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { engineEnvironment } from "../e2e/stack.ts";
import { follow } from "../guides/follow.ts";
import { stepsOf } from "../guides/steps.ts";
import { type Machine, startMachine } from "../lab/index.ts";

const clone = join(import.meta.dirname, "..", "..");
/** The engine writes its stacks' settings beside their programs. */
const copied = ["stacks/hosts", "examples/three-hosts"];
const shared = [".images", "dist", "node_modules", "package.json", "sdk", "test", "tools"];

let machine: Machine;
let folder: string;
beforeAll(async () => {
  await ensureKit(thisArch);
  machine = await startMachine();
  folder = join(machine.root, "clone");
  await mkdir(folder);
  for (const name of shared) await symlink(join(clone, name), join(folder, name));
  for (const name of copied) await cp(join(clone, name), join(folder, name), { recursive: true });
}, 600_000);
afterAll(async () => {
  await machine?.stop();
});

test("examples/three-hosts/README.md: three bare machines, a service on them, and one that fails", async () => {
  const [setUp, ...steps] = stepsOf(await readFile(join(clone, "examples/three-hosts/README.md"), "utf8"));
  // What builds the clone's own files was done before.
  const script = setUp?.script
    .split("\n")
    .filter((line) => !line.startsWith("npm run images"))
    .join("\n");
  expect(script).toMatch(/lab -- up 3/);
  const env = { ...(await engineEnvironment(machine.root)), CONSTELLATION_LAB_FOLDER: machine.root };
  const bounded = { cwd: folder, env, timeoutMs: 240_000 };
  await follow(machine, [{ script: script ?? "", output: setUp?.output }, ...steps], bounded);
});
