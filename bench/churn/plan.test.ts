import { expect, test } from "@jest/globals";
import { plan } from "./plan.ts";
import type { Change } from "./types.ts";

const first = (count: number, seed: number) => {
  const steps = plan(seed);
  return Array.from({ length: count }, () => steps.next().value);
};

test("the same seed gives the same changes, another one others", () => {
  expect(first(50, 1)).toEqual(first(50, 1));
  expect(first(50, 1)).not.toEqual(first(50, 2));
});

test("every kind of change comes, on services that are there, or not for a create", () => {
  const kinds = new Set<Change["kind"]>();
  let there = new Set<string>();
  for (const { change, wanted } of first(500, 7)) {
    kinds.add(change.kind);
    expect(there.has(change.service)).toBe(change.kind !== "create");
    there = new Set(wanted.keys());
    expect(there.size).toBeLessThanOrEqual(6);
    for (const { replicas } of wanted.values()) expect(replicas).toBeGreaterThan(0);
  }
  expect([...kinds].sort()).toEqual(["create", "delete", "scale", "update"]);
});

test("what was wanted stays as it was when the next change is drawn", () => {
  const steps = plan(7);
  const { wanted } = steps.next().value;
  const before = [...wanted];
  while (steps.next().value.change.kind !== "delete") expect([...wanted]).toEqual(before);
  expect([...wanted]).toEqual(before);
});
