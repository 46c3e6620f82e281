import { expect, test } from "@jest/globals";
import { decode, encode } from "./codec.ts";
import { families, keys } from "./records.ts";

const record = {
  entries: [{ serial: 1, at: "2026-01-01T00:00:00.000Z", message: "scaled", actor: "me" }],
  cursor: 7,
};

test("a record keeps the fields that only a newer version knows", () => {
  const key = keys.history("default", "Service", "web");
  expect(decode(families.history, key, encode(key, record))).toEqual(record);
});

test("a record of another version, or that breaks its schema, is refused", () => {
  expect(() => decode(families.history, "history/x", '{"v":2,"entries":[]}')).toThrow("upgrade the agent");
  expect(() => decode(families.history, "history/x", "3")).toThrow("upgrade the agent");
  expect(() => decode(families.history, "history/x", '{"v":1}')).toThrow("read history/x");
});
