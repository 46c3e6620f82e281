import { expect, test } from "@jest/globals";
import { type Family, keys, type Reader } from "../store/index.ts";
import { unneeded } from "./sweep.ts";

const removedFrom = (records: Readonly<Record<string, object>>) => {
  const found = (key: string) => ({ key, record: records[key], modRevision: 7 });
  const store = {
    get: (_: Family, key: string) => (key in records ? found(key) : undefined),
    list: ({ prefix }: Family) =>
      Object.keys(records)
        .filter((key) => key.startsWith(prefix))
        .map(found),
    unreadable: () => [],
  } as unknown as Reader;
  return unneeded(store, new Date());
};

const placed = { placements: [{ id: "web-0-1f3b7a", serviceUid: "u1", revision: 1, want: "run" }] };
const both = {
  [keys.placement("stays", 0)]: placed,
  [keys.placement("gone", 1)]: placed,
  [keys.observed("gone", 0)]: { instances: [] },
};

test("what was placed on a host while it was removed is given up, so that its slots are filled elsewhere", () => {
  const records = { ...both, [keys.host("stays")]: { name: "stays" } };
  expect(removedFrom(records)).toEqual(
    [keys.placement("gone", 1), keys.observed("gone", 0)].map((remove) => ({ remove, was: 7 })),
  );
});

test("where no host is recorded at all, nothing is given up", () => {
  expect(removedFrom(both)).toEqual([]);
});
