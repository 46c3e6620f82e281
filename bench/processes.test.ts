import { expect, test } from "@jest/globals";
import { parseResident, parseRollup, parseTicks, programOf } from "./processes.ts";

test("parseRollup reads kilobytes as bytes", () => {
  const text =
    "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:  100 kB\nPss:  60 kB\nPrivate_Clean: 8 kB\nPrivate_Dirty: 4 kB\n";
  expect(parseRollup(text)).toEqual({ rss: 102_400, pss: 61_440, own: 12_288 });
});

test("parseResident reads pages as bytes", () => {
  expect(parseResident("25000 12000 3000 1 0 9000 0\n")).toBe(49_152_000);
});

test("parseTicks counts from the last bracket: a name may hold blanks and brackets", () => {
  expect(parseTicks("7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 12 30 0 0 20 0 1")).toBe(42);
});

test.each([
  ["/x/dist/bin/constellation-guard run --root /x/c -- /x/dist/node /x/agent/main.js run", "guard"],
  ["/x/dist/node --max-semi-space-size=2 /x/dist/agent/main.js run --root /x/c", "agent"],
  ["/x/dist/tools/etcd --data-dir=/x --name=server", "etcd"],
  ["/usr/bin/conmon --cid web-0", "monitor"],
  ["conmon --api-version 1", "monitor"],
  ["/x/node --disable-warning=ExperimentalWarning /x/bench/simulate/hosts.ts", "hosts"],
  ["bash /x/init.sh", "other"],
])("programOf %s is %s", (command, program) => {
  expect(programOf(command)).toBe(program);
});
