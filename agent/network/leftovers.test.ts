import { expect, test } from "@jest/globals";
import { decideRemovals } from "./leftovers.ts";
import { placesOf } from "./places.ts";

const places = placesOf({ devicePrefix: "cst", runDir: "/run/x", stateDir: "/var/lib/x" });
const [a, b] = ["web-0-aaaaaa", "web-1-bbbbbb"] as const;
const none: ReadonlySet<string> = new Set();

test.each([
  ["nothing of a living instance", { pins: [a], links: ["cst0", places.hostDevice(a)] }, none, [], []],
  ["nor of one that is being plugged in", { pins: [], links: [places.hostDevice(a)] }, none, [], []],
  [
    "the pin of one that is gone, whose link may still go by itself",
    { pins: [a, b], links: [places.hostDevice(b)] },
    none,
    [{ kind: "unpin", id: b }],
    [],
  ],
  ["no link at first sight", { pins: [], links: ["cstzzzzzzz"] }, none, [], ["cstzzzzzzz"]],
  [
    "a link without a pin at second sight",
    { pins: [], links: ["cstzzzzzzz"] },
    new Set(["cstzzzzzzz"]),
    [{ kind: "delete link", device: "cstzzzzzzz" }],
    ["cstzzzzzzz"],
  ],
])("removes %s", (_, found, unpinnedBefore, removals, unpinned) => {
  const decided = decideRemovals({ ...found, unpinnedBefore }, new Set([a]), places);
  expect(decided.removals).toEqual(removals);
  expect([...decided.unpinned]).toEqual(unpinned);
});

test("a device's name fits the kernel's 15 characters and differs from the anchor's", () => {
  const { hostDevice, anchor } = placesOf({
    devicePrefix: "c0123456".slice(0, 8),
    runDir: "/r",
    stateDir: "/s",
  });
  const names = Array.from({ length: 2_000 }, (_, index) => hostDevice(`web-${index}-5f3a9c`));
  for (const name of names) expect(name).toMatch(/^[a-z0-9]{15}$/);
  expect(new Set([anchor, ...names]).size).toBe(names.length + 1);
});
