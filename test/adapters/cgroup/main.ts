/** Checks the cgroup adapter with whatever tree the machine has: `main.ts MOUNT_ROOT`. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createCgroups, detectTrees } from "../../../agent/adapters/cgroup/index.ts";

const [, , mountRoot = ""] = process.argv;
const trees = detectTrees(mountRoot);
const cgroups = createCgroups({ mountRoot, parent: "constellation-test" });

/** Runs a script in a cgroup. */
async function runIn(name: string, script: string) {
  const child = spawn("sh", ["-c", `read go; ${script}`], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  for (const tree of trees.all) {
    appendFileSync(join(tree, cgroups.pathOf(name), "cgroup.procs"), String(child.pid));
  }
  child.stdin.end("go\n");
  return child;
}

/** A new v1 cpuset is empty and takes no process until it is told which processors and memory it has. */
function fillCpuset(name: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    for (const path of ["/constellation-test", cgroups.pathOf(name)]) {
      const target = join(mountRoot, "cpuset", path, file);
      if (existsSync(target)) writeFileSync(target, "0");
    }
  }
}

/** As the runtime does for an instance's cgroup: in v2 a cgroup has the controllers its parent hands on. */
function handControllersOn(): void {
  const offered = readFileSync(join(mountRoot, "constellation-test", "cgroup.controllers"), "utf8");
  const wanted = ["cpu", "memory", "pids"].filter((controller) => offered.split(/\s/).includes(controller));
  const file = join(mountRoot, "constellation-test", "cgroup.subtree_control");
  for (const controller of wanted) writeFileSync(file, `+${controller}`);
}

assert.equal(await cgroups.usage("web-0"), undefined);
assert.deepEqual(await cgroups.list(), []);
await cgroups.kill("web-0");
await cgroups.remove("web-0");
assert.throws(() => cgroups.pathOf("../other"), { code: "EINVAL" });

await cgroups.create("web-0");
await cgroups.create("web-0");
if (trees.version === "v2") handControllersOn();
fillCpuset("web-0");
assert.deepEqual(await cgroups.list(), ["web-0"]);
assert.deepEqual(await cgroups.processes("web-0"), []);

// A tree of processes that ignores the polite signal and keeps forking.
const child = await runIn("web-0", "trap '' TERM; while :; do sleep 0.01 & sleep 0.02; done");
const usage = async () => (await cgroups.usage("web-0")) ?? assert.fail("no usage");
while ((await usage()).cpuTimeUs < 10_000) await delay(10);
const used = await usage();
const memory = trees.of("memory") ?? "";
const limitFile = trees.version === "v2" ? "memory.max" : "memory.limit_in_bytes";
const limit = join(memory, cgroups.pathOf("web-0"), limitFile);
// The v2 tree of a machine that has v1 too lacks the controllers that v1 has taken.
const hasControllers = existsSync(limit);
if (hasControllers) assert.ok(used.processes >= 1 && used.memoryBytes > 50_000, JSON.stringify(used));
assert.equal(used.oomKills, 0);
assert.ok((await cgroups.processes("web-0")).includes(child.pid ?? 0));
await assert.rejects(cgroups.remove("web-0"), { code: "EBUSY" });
await cgroups.kill("web-0");
assert.deepEqual(await cgroups.processes("web-0"), []);

if (hasControllers) {
  writeFileSync(limit, String(8 * 1024 * 1024));
  const hog = await runIn("web-0", `exec ${process.execPath} -e "Buffer.alloc(1e9, 1)"`);
  await once(hog, "exit");
  assert.equal((await usage()).oomKills, 1);
}

for (const tree of trees.all) mkdirSync(join(tree, cgroups.pathOf("web-0"), "below"));
await cgroups.remove("web-0");
await cgroups.remove("web-0");
assert.deepEqual(await cgroups.list(), []);
process.stdout.write(`${trees.version}\n`);
