import { expect, test } from "@jest/globals";
import { lessIsBetter } from "./compare.ts";

const figure = { bench: "race", metric: "race.p50", unit: "ms", value: 20.00049 };

test("a ratio above 1 means that ours is better", () => {
  expect(lessIsBetter(figure, { name: "hare", value: 30 })).toEqual({
    ...figure,
    ...{ value: 20, peer: "hare", peerValue: 30, ratio: 1.5 },
  });
});

test("without a peer there is no ratio", () => {
  expect(lessIsBetter(figure)).toMatchObject({ peer: "none", peerValue: null, ratio: null });
});
