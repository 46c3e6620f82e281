import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Change, lostQuorum, majorityOf, mostServers, refusalOf, refusalToRecover } from "./decide.ts";
import type { SeenMember } from "./types.ts";

const member = (id: string, more: Partial<SeenMember> = {}): SeenMember => ({
  ...{ id, name: id, address: `192.0.2.${id.length}`, isLearner: false, isHealthy: true, isOwn: id === "a" },
  ...more,
});
const silent = { isHealthy: false };

test.each<[string, Change, SeenMember[], RegExp]>([
  [
    "the second of two, the first of which is silent",
    { kind: "remove", id: "bb" },
    [member("a", silent), member("bb")],
    /lost their majority: 1 of 2 do not answer \(a\); .*constellation-agent recover/,
  ],
  ["the only one", { kind: "remove", id: "a" }, [member("a")], /the only one that keeps the state/],
  [
    "one of three that answers, while another does not",
    { kind: "remove", id: "a" },
    [member("a"), member("bb", silent), member("ccc")],
    /1 of 2 servers would answer, 2 are needed; start bb or remove it first/,
  ],
  [
    "a learner that does not answer, as a voter",
    { kind: "promote", id: "bb" },
    [member("a"), member("bb", { isLearner: true, ...silent })],
    /bb does not answer/,
  ],
  [
    "one more while another is still joining",
    { kind: "add", address: "192.0.2.99" },
    [member("a"), member("bb", { name: undefined, isLearner: true })],
    /192\.0\.2\.2 is still joining/,
  ],
  [
    "one that keeps the state already",
    { kind: "add", address: "192.0.2.2" },
    [member("a"), member("bb")],
    /bb at 192\.0\.2\.2 keeps the state already/,
  ],
  [
    "a sixth",
    { kind: "add", address: "192.0.2.99" },
    ["a", "bb", "ccc", "dddd", "eeeee"].map((id) => member(id)),
    /the most there can be/,
  ],
])("refused: %s", (_, change, members, reason) => {
  expect(refusalOf(change, members)).toMatch(reason);
});

test("a silent one of three goes, and its successor comes", () => {
  const [dead, ...rest] = [member("a", silent), member("bb"), member("ccc")];
  expect(refusalOf({ kind: "remove", id: "a" }, [dead as SeenMember, ...rest])).toBeUndefined();
  expect(refusalOf({ kind: "add", address: "192.0.2.99" }, rest)).toBeUndefined();
});

const anyMembers = fc
  .array(fc.record({ isLearner: fc.boolean(), isHealthy: fc.boolean() }), {
    minLength: 1,
    maxLength: mostServers,
  })
  .map((all) => all.map((one, at) => member("m".repeat(at + 1), one)));
const anyChange = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), address: fc.constant("198.51.100.1") }),
  fc.record({
    kind: fc.constantFrom("promote" as const, "remove" as const),
    id: fc.integer({ min: 1, max: mostServers }).map((length) => "m".repeat(length)),
  }),
);

/** What the store does, where it is let. */
function after(change: Change, members: readonly SeenMember[]): SeenMember[] {
  switch (change.kind) {
    case "add":
      return [...members, member("new", { ...change, name: undefined, isLearner: true, isHealthy: false })];
    case "promote":
      return members.map((one) => (one.id === change.id ? { ...one, isLearner: false } : one));
    case "remove":
      return members.filter(({ id }) => id !== change.id);
  }
}

test("whatever is let through, those that answer are a majority before and after it", () => {
  fc.assert(
    fc.property(anyMembers, anyChange, (members, change) => {
      if (refusalOf(change, members) !== undefined) return;
      for (const state of [members, after(change, members)]) {
        const voters = state.filter(({ isLearner }) => !isLearner);
        const healthy = voters.filter(({ isHealthy }) => isHealthy);
        expect(healthy.length).toBeGreaterThanOrEqual(majorityOf(voters.length));
        expect(lostQuorum(state)).toBeUndefined();
      }
    }),
  );
});

test("while there is a majority, who is silent may always be removed", () => {
  fc.assert(
    fc.property(anyMembers, (members) => {
      if (lostQuorum(members) !== undefined) return;
      for (const { id } of members.filter(({ isHealthy }) => !isHealthy))
        expect(refusalOf({ kind: "remove", id }, members)).toBeUndefined();
    }),
  );
});

test("a server becomes the only one where the majority is lost, and others that answer are given up", () => {
  const gone = [member("a"), member("bb", silent), member("ccc", silent)];
  const two = [...gone, member("dddd"), member("eeeee", silent)];
  const standing = { hasQuorum: false, isLearner: false };
  expect(refusalToRecover(gone, standing, false)).toBeUndefined();
  expect(refusalToRecover(two, standing, false)).toMatch(/dddd still answers/);
  expect(refusalToRecover(two, standing, true)).toBeUndefined();
  expect(refusalToRecover(gone, { ...standing, hasQuorum: true }, true)).toMatch(/have a majority/);
  expect(refusalToRecover(gone, { ...standing, isLearner: true }, true)).toMatch(/never had all/);
});
