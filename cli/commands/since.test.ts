import { expect, test } from "@jest/globals";
import { UsageError } from "../session/index.ts";
import { sinceTime } from "./since.ts";

const now = Date.parse("2026-01-01T12:00:00Z");

test.each([
  ["5m", "2026-01-01T11:55:00.000Z"],
  ["1h30m", "2026-01-01T10:30:00.000Z"],
  ["2026-01-01T08:00:00Z", "2026-01-01T08:00:00.000Z"],
  ["2026-01-01T08:00:00+02:00", "2026-01-01T06:00:00.000Z"],
])("since %s is %s", (text, at) => {
  expect(sinceTime(text, now)).toBe(at);
});

test.each(["yesterday", "5", "2026", "2026-13-01T00:00:00Z", ""])("%j is refused", (text) => {
  expect(() => sinceTime(text, now)).toThrow(UsageError);
});
