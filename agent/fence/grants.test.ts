import { beforeEach, expect, test } from "@jest/globals";
import { keys, type Placed, type Reader } from "../store/index.ts";
import { createGrants } from "./grants.ts";
import { leaseLimits, waitMs } from "./lease.ts";

const { leaseMs } = leaseLimits;
const placed = (id: string, more: Partial<Placed> = {}) => ({
  id,
  serviceUid: "u",
  revision: 1,
  want: "run",
  ...more,
});
let now: number;
let since: number | undefined;
let proved: number | undefined;
let placements: object[];
let reported: string[];
beforeEach(() => {
  now = 1_000_000;
  since = 0;
  proved = now;
  reported = [];
});

/** A host `a`, whose instances are exclusive by their spec `u/1`. */
function grantsOf(...there: object[]) {
  placements = there;
  const records: Record<string, () => object> = {
    [keys.placement("a", 0)]: () => ({ placements }),
    [keys.observed("a", 0)]: () => ({ instances: reported.map((id) => ({ id })) }),
    [keys.spec("u", 1)]: () => ({ inputs: { exclusive: true } }),
    [keys.spec("u", 2)]: () => ({ inputs: {} }),
  };
  const get = (_: unknown, key: string) => records[key] && { key, record: records[key]() };
  return createGrants({
    store: { get } as unknown as Reader,
    ...{ ledSince: () => since, provedAt: () => proved, now: () => now },
  });
}

test("confirms what is exclusive and placed there, with the age of the proof", () => {
  const grants = grantsOf(placed("x"), placed("ordinary", { revision: 2 }));
  now += 300;
  expect(grants.confirm("a")).toEqual({ ids: ["x"], ageMs: 300 });
  expect(grants.confirm("b")).toBeUndefined();
});

test("confirms nothing without a young proof: a minority falls silent by itself", () => {
  const grants = grantsOf(placed("x"));
  now += leaseMs;
  expect(grants.confirm("a")).toBeUndefined();
  proved = undefined;
  expect(grants.confirm("a")).toBeUndefined();
});

test("never again confirms what was given up, nor what is to go before its host has told of it", () => {
  reported = ["seen", "fenced"];
  const draining = (id: string, more: Partial<Placed> = {}) => placed(id, { want: "drain", ...more });
  const grants = grantsOf(draining("seen"), draining("unseen"), draining("fenced", { isFenced: true }));
  expect(grants.confirm("a")?.ids).toEqual(["seen"]);
});

test("what was confirmed may run for a wait; what another leader confirmed, for a wait after it", () => {
  const grants = grantsOf(placed("x"));
  expect(grants.remainingMs("x")).toBe(waitMs - now);
  grants.confirm("a");
  now += 1_000;
  expect(grants.remainingMs("x")).toBe(waitMs - 1_000);
  since = now;
  expect([grants.remainingMs("x"), grants.remainingMs("y")]).toEqual([waitMs, waitMs]);
  since = undefined;
  expect(grants.remainingMs("y")).toBe(waitMs);
});

test("a server that does not lead counts from when it was first asked about one that was given up", () => {
  since = undefined;
  const lost = { ...placed("x"), isFenced: true } as Placed;
  const grants = grantsOf(lost);
  expect(grants.removableInMs({ ...lost, isFenced: false })).toBe(waitMs);
  now += 60_000;
  expect(grants.removableInMs(lost)).toBe(waitMs);
  now += waitMs - 1;
  expect(grants.removableInMs(lost)).toBe(1);
  now += 5_000;
  expect(grants.removableInMs(lost)).toBeLessThanOrEqual(0);
  expect(grants.removableInMs({ ...lost, revision: 2 })).toBeUndefined();
});
