import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readUsage } from "./usage.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

test("v2: one folder holds every counter", async () => {
  write({
    "agent/web/cgroup.procs": "17\n",
    "agent/web/memory.current": "5000\n",
    "agent/web/memory.stat": "anon 3000\nfile 2000\ninactive_file 1200\n",
    "agent/web/memory.events": "low 0\noom 3\noom_kill 2\noom_group_kill 0\n",
    "agent/web/cpu.stat": "usage_usec 777\nuser_usec 700\n",
    "agent/web/pids.current": "4\n",
  });
  const trees = { version: "v2", all: [root], of: () => root } as const;
  expect(await readUsage(trees, "/agent/web")).toEqual({
    memoryBytes: 3800,
    cpuTimeUs: 777,
    processes: 4,
    oomKills: 2,
  });
  expect(await readUsage(trees, "/agent/db")).toBeUndefined();
});

test("v1: a tree a controller, in other units", async () => {
  write({
    "memory/agent/web/memory.usage_in_bytes": "5000\n",
    "memory/agent/web/memory.stat": "inactive_file 1\ntotal_inactive_file 6000\n",
    "memory/agent/web/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "cpuacct/agent/web/cpuacct.usage": "777999\n",
  });
  const all = ["memory", "cpuacct"].map((controller) => join(root, controller));
  const of = (controller: string) => all.find((tree) => tree.endsWith(`/${controller}`));
  const trees = { version: "v1", all, of } as const;
  expect(await readUsage(trees, "/agent/web")).toEqual({
    memoryBytes: 0,
    cpuTimeUs: 777,
    processes: 0,
    oomKills: 1,
  });
  expect(await readUsage(trees, "/agent/db")).toBeUndefined();
});
