import { expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { type Family, keys, type Store } from "../store/index.ts";
import { imagesPlacedOn, ownOf } from "./trust.ts";
import type { Observation } from "./types.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const placed = (id: string, revision: number) => ({ id, serviceUid: "uid", revision });
const records: Record<string, object> = {
  [keys.placement("h1", 0)]: { placements: [placed("web-0", 1)] },
  [keys.placement("h2", 0)]: { placements: [placed("web-1", 2)] },
  [keys.observed("h1", 0)]: { instances: [{ id: "old-0" }] },
  [keys.spec("uid", 1)]: { imageDigest: digest("1") },
  [keys.spec("uid", 2)]: { imageDigest: digest("2") },
};
const store = {
  get: (_: Family, key: string) => (key in records ? { key, record: records[key] } : undefined),
  list: ({ prefix }: Family) =>
    Object.keys(records)
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, record: records[key] })),
} as unknown as Store;

const observation = (name: string, instances: readonly Partial<Instance>[]) =>
  ({ host: { name }, instances }) as unknown as Observation;
const known = (told: Observation) => ownOf(told, "h1", store).instances.map(({ id }) => id);

test("a host speaks of what is placed on it and of what it had, once each, and of nothing that it makes up", () => {
  const ids = ["web-0", "old-0", "web-1", "made-up", "web-0"];
  expect(
    known(
      observation(
        "h1",
        ids.map((id) => ({ id, host: "h1" })),
      ),
    ),
  ).toEqual(["web-0", "old-0"]);
  expect(known(observation("h1", [{ id: "web-0", host: "h2" }]))).toEqual([]);
});

test("neither in another one's name, nor without an end", () => {
  expect(() => known(observation("h2", []))).toThrow("this is h1, not h2");
  const long = { id: "web-0", host: "h1", reason: "x".repeat(20_000) };
  expect(() => known(observation("h1", [long]))).toThrow("the most is");
});

test("it may ask for the images of its own placements", () => {
  expect(imagesPlacedOn("h1", store)).toEqual([digest("1")]);
  expect(imagesPlacedOn("h3", store)).toEqual([]);
});
