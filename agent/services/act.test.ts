import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ConstellationError } from "../../contract/index.ts";
import { type DecodedSet, families, keys, type PlacementRecord, type Store } from "../store/index.ts";
import { act } from "./act.ts";
import { allReady } from "./fleet.ts";
import { commitBounds, turnsOf } from "./turns.ts";
import type { Op } from "./types.ts";

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
  const listeners = new Set<(set: DecodedSet) => void>();
  const tell = () => {
    const changes = [{ key }] as unknown as DecodedSet["changes"];
    for (const listener of listeners) listener({ revision: stored.modRevision, changes, unreadable: [] });
  };
  const store = {
    get: (family: unknown, asked: string) =>
      family === families.placement && asked === key ? stored : undefined,
    list: () => [stored],
    unreadable: () => [],
    subscribe(listener: (set: DecodedSet) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async commit(writes: readonly { readonly key: string; readonly record: PlacementRecord }[]) {
      commits += 1;
      const own = writes.find((write) => write.key === key)?.record ?? stored.record;
      const revision = stored.modRevision + 1;
      stored = { ...stored, record: own, modRevision: revision };
      tell();
      const changed = meanwhile(own);
      if (changed !== own) {
        stored = { ...stored, record: changed, modRevision: revision + 1 };
        tell();
      }
      return revision;
    },
  };
  return {
    store: store as unknown as Store,
    drained: () => stored.record.placements.filter(({ want }) => want === "drain").length,
    commits: () => commits,
  };
}

const placements = Array.from({ length: commitBounds.ops + 10 }, (_, index) => placed(index));
const ports = (store: Store) => ({
  ...{ store, hostStates: allReady, onObserved() {}, cidrOf: () => "10.64.0.0/22", now: () => new Date(0) },
  remainingMs: () => 0,
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
  expect([drained(), commits()]).toEqual([commitBounds.ops, 1]);
});

test("what is too large for one transaction is written in several, a host's ops together", async () => {
  const written: string[][] = [];
  const store = {
    get: () => undefined,
    list: () => [],
    unreadable: () => [],
    subscribe: () => () => undefined,
    async commit(writes: readonly { readonly key: string }[]) {
      const hosts = writes.filter(({ key }) => key.startsWith(families.placement.prefix));
      if (hosts.length > 2) throw new ConstellationError("too-large", "write to the store: too much");
      written.push(hosts.map(({ key }) => key));
      return 1;
    },
  } as unknown as Store;
  const place = (index: number): Op => {
    const { namespace, service, name: slot } = placed(index);
    const about = { namespace, service, slot, host: `host-${index}`, reason: "wanted" };
    return { kind: "place", uid: "u1", index, revision: 1, ...about };
  };
  await act([0, 1, 2, 3, 4].map(place), ports(store));
  expect(written).toEqual([[0, 1], [2], [3, 4]].map((all) => all.map((n) => keys.placement(`host-${n}`, 0))));
});

test("ops become transactions of bounded size; what is written at once touches different hosts", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 400 }), (hosts) => {
      const ops = hosts.map((host, index): Op => ({ ...drain(placed(index)), host: `host-${host}` }));
      const turns = turnsOf(ops, ({ host }) => host);
      for (const transactions of turns) {
        const touched = transactions.flatMap((own) => [...new Set(own.map(({ host }) => host))]);
        expect(new Set(touched).size).toBe(touched.length);
        for (const own of transactions) {
          expect(own.length).toBeLessThanOrEqual(commitBounds.ops);
          expect(new Set(own.map(({ host }) => host)).size).toBeLessThanOrEqual(commitBounds.keys);
        }
      }
      const done = turns.flat(2);
      expect(done).toHaveLength(ops.length);
      for (const host of new Set(hosts)) {
        const own = (all: readonly Op[]) => all.filter((op) => op.host === `host-${host}`);
        expect(own(done)).toEqual(own(ops));
      }
    }),
  );
});
