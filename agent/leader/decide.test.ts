import { describe, expect, test } from "@jest/globals";
import { decide, leaderLimits } from "./decide.ts";
import type { View } from "./types.ts";

const ready = (name: string) => ({ name, isReady: true });
const silent = (name: string) => ({ name, isReady: false });

/** Server b, which is not raft's leader, where a leads and all is well. */
const following: View = {
  self: "b",
  standing: { isRaftLeader: false, hasQuorum: true },
  record: { server: "a" },
  isOurs: false,
  others: [ready("a"), ready("c")],
  overtakenMs: undefined,
};
const beside = { isRaftLeader: true, hasQuorum: true };

describe("who leads", () => {
  test.each<[string, Partial<View>, string]>([
    ["who follows, rests", {}, "rest"],
    ["who is beside raft's leader, takes over", { standing: beside }, "take"],
    ["the first one ever, too", { standing: beside, record: undefined }, "take"],
    ["before anybody led, nobody else does", { record: undefined }, "rest"],
    ["who leads goes on until another takes over", { record: { server: "b" }, isOurs: true }, "lead"],
    ["not without a majority", { standing: { ...beside, hasQuorum: false }, isOurs: true }, "rest"],
    ["nor while its member says nothing", { standing: undefined, isOurs: true }, "rest"],
    ["the next agent of the machine that leads, takes over", { record: { server: "b" } }, "take"],
    ["the first that answers leads for one that is silent", { others: [silent("a"), ready("c")] }, "take"],
    ["not the second", { self: "c", others: [silent("a"), ready("b")] }, "rest"],
    ["for one that was removed, too", { others: [ready("c")] }, "take"],
    ["for one that took over from it, not at once", { others: [silent("a")], overtakenMs: 1_000 }, "rest"],
    ["but then", { others: [silent("a")], overtakenMs: leaderLimits.yieldMs }, "take"],
  ])("%s", (_, more, decision) => {
    expect(decide({ ...following, ...more })).toBe(decision);
  });
});
