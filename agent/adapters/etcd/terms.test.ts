import { expect, test } from "@jest/globals";
import { followTerms } from "./terms.ts";

test("what was begun in one term ends with the first leader of the next, and nothing before that", () => {
  const terms = followTerms();
  const first = terms.signal();
  terms.note({ raftTerm: 3, hasQuorum: true });
  terms.note({ raftTerm: 3, hasQuorum: true });
  // An election is under way: a write may wait for its end.
  terms.note({ raftTerm: 4, hasQuorum: false });
  expect(first.aborted).toBe(false);
  terms.note({ raftTerm: 4, hasQuorum: true });
  expect([first.aborted, terms.signal().aborted]).toEqual([true, false]);
});
