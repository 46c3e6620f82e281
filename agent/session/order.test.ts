import { expect, test } from "@jest/globals";
import { isBefore } from "./order.ts";

test.each([
  ["an older one", { revision: 6, lineage: "a" }, { revision: 7, lineage: "a" }, true],
  ["the same again", { revision: 7, lineage: "a" }, { revision: 7, lineage: "a" }, false],
  ["a newer one", { revision: 8, lineage: "a" }, { revision: 7, lineage: "a" }, false],
  [
    "one of a store that came back from a backup",
    { revision: 6, lineage: "b" },
    { revision: 7, lineage: "a" },
    false,
  ],
  ["one of an older agent", { revision: 6 }, { revision: 7 }, false],
  ["the first one", { revision: 6, lineage: "a" }, undefined, false],
])("%s", (_, one, other, before) => expect(isBefore(one, other)).toBe(before));
