import { expect, test } from "@jest/globals";
import { isAlive, parseStartTime, readStartTime } from "./start-time.ts";

const fields = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1234 20 21";

test.each([
  ["a plain name", `17 (sleep) S ${fields}`, "1234"],
  ["a name with blanks and brackets", `17 (a) R (b c) S ${fields}`, "1234"],
  ["a zombie", `17 (sleep) Z ${fields}`, undefined],
  ["a dead process", `17 (sleep) X ${fields}`, undefined],
])("reads the start time of %s", (_case, stat, expected) => {
  expect(parseStartTime(stat)).toBe(expected);
});

test("tells a running process from a later or earlier one with its pid", async () => {
  const startTime = (await readStartTime(process.pid)) ?? "";
  expect(await isAlive({ pid: process.pid, startTime })).toBe(true);
  expect(await isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  expect(await readStartTime(2 ** 22 + 1)).toBeUndefined();
});
