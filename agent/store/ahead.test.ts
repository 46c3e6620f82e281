import { expect, test } from "@jest/globals";
import { readAhead } from "./ahead.ts";
import { createCache } from "./cache.ts";
import { encode } from "./codec.ts";
import { families, keys } from "./records.ts";

const history = (message: string) => ({ entries: [{ serial: 1, at: "2026-01-01T00:00:00Z", message }] });
const key = (name: string) => keys.history("default", "Service", name);

test("what is ahead stands among what is there, in order, and in its place", () => {
  const cache = createCache();
  cache.load(
    ["b", "d"].map((name) => ({
      ...{ key: key(name), createRevision: 3, modRevision: 3 },
      value: encode(key(name), history("old")),
    })),
  );
  const ahead = readAhead(cache, [
    { key: key("c"), record: history("new"), was: undefined },
    { key: key("d"), record: history("newer"), was: 3 },
  ]);
  const messages = ahead
    .list(families.history)
    .map(({ key: at, record, modRevision }) => [at, record.entries[0]?.message, modRevision]);
  expect(messages).toEqual([
    [key("b"), "old", 3],
    [key("c"), "new", 0],
    [key("d"), "newer", 3],
  ]);
  expect(ahead.get(families.history, key("c"))?.record).toEqual(history("new"));
  expect(ahead.get(families.history, key("b"))?.modRevision).toBe(3);
  expect(ahead.list(families.desired)).toEqual([]);
});
