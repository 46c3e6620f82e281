import { expect, test } from "@jest/globals";
import { faultsOf } from "./faults.ts";

const source = (...titles: string[]) => titles.map((title) => `test("${title}", () => {});`).join("\n");

test("a title is taken apart", () => {
  const title = "kill -9 of etcd: writes: none is lost; they succeed again; within 10 s";
  expect(faultsOf("test/e2e/a.test.ts", source(title, "is quick"))).toEqual([
    { fault: "kill -9 of etcd", holds: "writes: none is lost; they succeed again", bound: "within 10 s" },
  ]);
});

test("in test/faults every title names fault, invariant and bound", () => {
  const file = "test/faults/a.test.ts";
  expect(() => faultsOf(file, source("kill -9 of etcd: nothing is lost"))).toThrow(/"kill -9 of etcd/);
  expect(() => faultsOf(file, "test.each([1])(`%s: holds; at once`, () => {});")).toThrow(/plain text/);
  expect(faultsOf(file, source("a stale socket: is replaced; at once"))).toHaveLength(1);
});
