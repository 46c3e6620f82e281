import { expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { type DecodedChange, families } from "../store/index.ts";
import { eventsOf } from "./derive.ts";

const now = "2026-01-02T00:00:00.000Z";
const since = "2026-01-01T00:00:00.000Z";
const instance = (id: string, more: Partial<Instance> = {}) => ({
  id,
  state: "running",
  healthy: true,
  since,
  ...more,
});
const stored = (key: string, record: unknown) => ({ key, record, modRevision: 7 });
const observed = (key: string, before: object[] | undefined, after: object[] | undefined): DecodedChange => ({
  family: families.observed,
  key,
  before: before && stored(key, { instances: before }),
  now: after && stored(key, { instances: after }),
});
const desired = (before: object | undefined, after: object | undefined): DecodedChange => {
  const key = "desired/shop/Service/web";
  return {
    family: families.desired,
    key,
    before: before && stored(key, before),
    now: after && stored(key, after),
  };
};
const document = { kind: "Service", namespace: "shop", name: "web", revision: 1, by: "me", updatedAt: since };
const summary = (changes: readonly DecodedChange[]) =>
  eventsOf({ revision: 7, changes, unreadable: [] }, now).map((event) =>
    event.type === "instance"
      ? `${event.instance.id} ${event.removed ? "removed" : event.instance.state}`
      : event,
  );

test("documents are created, updated and deleted, by whom the tombstone names", () => {
  const tombstone: DecodedChange = {
    family: families.tombstone,
    key: "tombstone/shop/Service/web",
    before: undefined,
    now: stored("tombstone/shop/Service/web", { by: "you", at: now, revision: 2 }),
  };
  const about = { type: "document", kind: "Service", namespace: "shop", name: "web" };
  expect(summary([desired(undefined, document)])).toEqual([
    { ...about, action: "created", revision: 1, by: "me", at: since },
  ]);
  expect(summary([desired(document, { ...document, revision: 2 })])).toEqual([
    { ...about, action: "updated", revision: 2, by: "me", at: since },
  ]);
  expect(summary([desired(document, undefined), tombstone])).toEqual([
    { ...about, action: "deleted", revision: 1, by: "you", at: now },
  ]);
});

test("an instance that changes its key is no change, and one that is nowhere any more was removed", () => {
  expect(
    summary([
      observed("observed/vm", [instance("a"), instance("b")], [instance("a")]),
      observed("observed/vm.1", [], [instance("b")]),
    ]),
  ).toEqual([]);
  expect(summary([observed("observed/vm", [instance("a")], [])])).toEqual(["a removed"]);
});

test("only what people care about is told", () => {
  const before = [instance("a"), instance("b")];
  expect(
    summary([
      observed("observed/vm", before, [instance("a", { pid: 9 }), instance("b", { healthy: false })]),
    ]),
  ).toEqual(["b running"]);
});

test("of a history only the new entries are told", () => {
  const key = "history/shop/Service/web";
  const entry = (serial: number) => ({ serial, at: since, message: `m${serial}` });
  const change: DecodedChange = {
    family: families.history,
    key,
    before: stored(key, { entries: [entry(1), entry(2)] }),
    now: stored(key, { entries: [entry(2), entry(3)] }),
  };
  expect(summary([change])).toEqual([
    { type: "decision", namespace: "shop", service: "web", message: "m3", at: since },
  ]);
});
