import { expect, test } from "@jest/globals";
import { families, keys, type PlacementRecord, type Store } from "../store/index.ts";
import { act, opsPerCommit } from "./act.ts";
import type { Op } from "./types.ts";
import { allReady } from "./view.ts";

const placed = (index: number): PlacementRecord["placements"][number] => ({
  ...{
    id: `web-${index}-aaaaaa`,
    namespace: "default",
    service: "web",
    serviceUid: "u1",
    name: `web-${index}`,
  },
  ...{ index, revision: 1, address: `10.64.0.${index + 2}`, want: "run", reason: "wanted", at: "" },
});
const drain = ({ id, name }: { readonly id: string; readonly name: string }): Op => ({
  ...{
    kind: "drain",
    id,
    namespace: "default",
    service: "web",
    slot: name,
    host: "alpha",
    reason: "replaced",
  },
});

/** A store of one host's placements; `meanwhile` is what another writer does after each commit. */
function storeOf(record: PlacementRecord, meanwhile: (record: PlacementRecord) => PlacementRecord) {
  const key = keys.placement("alpha", 0);
  let stored = { key, record, createRevision: 1, modRevision: 1 };
  let commits = 0;
  const store = {
    get: (family: unknown, asked: string) =>
      family === families.placement && asked === key ? stored : undefined,
    list: () => [stored],
    unreadable: () => [],
    async commit(writes: readonly { readonly key: string; readonly record: PlacementRecord }[]) {
      commits += 1;
      const own = writes.find((write) => write.key === key)?.record ?? stored.record;
      const revision = stored.modRevision + 1;
      stored = { ...stored, record: own, modRevision: revision };
      const changed = meanwhile(own);
      if (changed !== own) stored = { ...stored, record: changed, modRevision: revision + 1 };
      return revision;
    },
  };
  return {
    store: store as unknown as Store,
    drained: () => stored.record.placements.filter(({ want }) => want === "drain").length,
    commits: () => commits,
  };
}

const placements = Array.from({ length: opsPerCommit + 10 }, (_, index) => placed(index));
const ports = (store: Store) => ({
  ...{ store, hostStates: allReady, onObserved() {}, cidrOf: () => "10.64.0.0/22", now: () => new Date(0) },
});

test("a long decision is carried out in several transactions", async () => {
  const { store, drained, commits } = storeOf({ placements, given: 0 }, (record) => record);
  await act(placements.map(drain), ports(store));
  expect([drained(), commits()]).toEqual([placements.length, 2]);
});

test("what is left of it is dropped when somebody else writes placements between two of them", async () => {
  const { store, drained, commits } = storeOf({ placements, given: 0 }, (record) => ({
    ...record,
    placements: record.placements.map((one) => (one.want === "run" ? { ...one, reason: "theirs" } : one)),
  }));
  await expect(act(placements.map(drain), ports(store))).rejects.toMatchObject({ code: "conflict" });
  expect([drained(), commits()]).toEqual([opsPerCommit, 1]);
});
