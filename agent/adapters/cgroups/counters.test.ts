import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { createCgroupCounters } from "./counters.ts";

let root: string | undefined;
afterEach(() => {
  if (root !== undefined) rmSync(root, { recursive: true });
});

function tree(files: Readonly<Record<string, string>>): string {
  root = mkdtempSync(join(tmpdir(), "cgroups-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const counters = {
  cpuSeconds: 1.5,
  memoryBytes: 3_000_000,
  memoryLimitBytes: 67_108_864,
  pids: 2,
  pidsLimit: undefined,
};

test("version 2", () => {
  const of = createCgroupCounters(
    "c",
    tree({
      "cgroup.controllers": "cpu memory pids\n",
      "c/web-0/cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
      "c/web-0/memory.current": "4000000\n",
      "c/web-0/memory.stat": "anon 1\ninactive_file 1000000\nactive_file 3\n",
      "c/web-0/memory.max": "67108864\n",
      "c/web-0/pids.current": "2\n",
      "c/web-0/pids.max": "max\n",
    }),
  );
  expect(of("web-0")).toEqual(counters);
  expect(of("web-1")).toBeUndefined();
});

test("version 1", () => {
  const of = createCgroupCounters(
    "c",
    tree({
      "cpuacct/c/web-0/cpuacct.usage": "1500000000\n",
      "memory/c/web-0/memory.usage_in_bytes": "4000000\n",
      "memory/c/web-0/memory.stat": "inactive_file 7\ntotal_inactive_file 1000000\n",
      "memory/c/web-0/memory.limit_in_bytes": "67108864\n",
      "pids/c/web-0/pids.current": "2\n",
      "pids/c/web-0/pids.max": "max\n",
      "memory/c/web-1/memory.limit_in_bytes": "9223372036854771712\n",
    }),
  );
  expect(of("web-0")).toEqual(counters);
  expect(of("web-1")).toBeUndefined();
});
