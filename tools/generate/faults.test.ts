import { expect, test } from "@jest/globals";
import { faultsOf, sizesOf } from "./faults.ts";

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

test("it is told on how many hosts a file's faults are brought about", () => {
  expect(sizesOf(`describe.each([3, 5])("on %i hosts, three of them servers", (count) => {\n});`)).toBe(
    "3 and 5 hosts, three of them servers",
  );
  expect(sizesOf(source("a stale socket: is replaced; at once"))).toBeUndefined();
});
