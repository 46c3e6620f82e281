import { expect, test } from "@jest/globals";
import { hostsNeeded } from "./exact.ts";

const room = { cores: 10, memory: 10 };
const items = (...sizes: readonly (readonly [number, number])[]) =>
  sizes.map(([cores, memory]) => ({ cores, memory }));

test.each([
  ["halves", items([5, 5], [5, 5], [5, 5], [5, 5]), 2],
  ["what sums up and still does not fit", items([6, 1], [6, 1], [6, 1]), 3],
  ["two dimensions that complement each other", items([9, 1], [1, 9], [9, 1], [1, 9]), 2],
  ["where the largest first goes wrong", items([6, 6], [5, 5], [5, 5], [4, 4]), 2],
  ["nothing", [], 0],
])("%s", (_, given, expected) => expect(hostsNeeded(given, room, given.length)).toBe(expected));
