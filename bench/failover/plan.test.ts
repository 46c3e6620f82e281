import { expect, test } from "@jest/globals";
import { planKills } from "./plan.ts";

test("of 20 kills half are servers, at least 3 of them the leader", () => {
  const counts = Map.groupBy(planKills(20), (role) => role);
  expect([...counts].map(([role, kills]) => [role, kills.length])).toEqual([
    ["host", 10],
    ["leader", 5],
    ["server", 5],
  ]);
});
