import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Digest } from "../../contract/index.ts";
import { type CollectionRules, decideCollection, type Inventory } from "./decide.ts";

const now = 1_000_000;
const graceMs = 100;
const rules: CollectionRules = { maxBytes: 0, graceMs, lackingBytes: 0 };
const digest = (name: string) => `sha256:${name}` as Digest;
const old = { changedAt: 0, graceMs };

/** Each image has a part of its own and shares one, all of ten bytes. */
function inventoryOf(images: Readonly<Record<string, { usedAt: number; isInUse?: boolean }>>): Inventory {
  const names = Object.keys(images);
  return {
    images: names.map((name) => ({
      ...{ digest: digest(name), isInUse: false, parts: [name, "shared"] },
      ...images[name],
    })) as Inventory["images"],
    parts: new Map([...names, "shared"].map((name) => [name, { ...old, bytes: 10 }])),
  };
}

describe("decideCollection", () => {
  const three = inventoryOf({ a: { usedAt: 2 }, b: { usedAt: 1 }, c: { usedAt: 3 } });

  test.each([
    [40, [], []],
    [39, ["b"], ["b"]],
    [20, ["b", "a"], ["b", "a"]],
    [19, ["b", "a", "c"], ["b", "a", "c", "shared"]],
  ])("with room for %i bytes removes the images %j", (maxBytes, images, parts) => {
    expect(decideCollection(three, { ...rules, maxBytes }, now)).toEqual({
      images: images.map(digest),
      parts,
    });
  });

  test("a full disk asks for more than the bound does", () => {
    const found = decideCollection(three, { ...rules, maxBytes: 1_000, lackingBytes: 5 }, now);
    expect(found.parts).toEqual(["b"]);
  });

  test("what belongs to no image goes once its grace is over, whatever the room", () => {
    const parts = new Map([
      ["old", { ...old, bytes: 1 }],
      ["young", { ...old, bytes: 1, changedAt: now - graceMs }],
    ]);
    expect(decideCollection({ images: [], parts }, { ...rules, maxBytes: 1_000 }, now).parts).toEqual([
      "old",
    ]);
  });

  test("neither what is in use nor what was used or asked for lately goes; the bound is met where it can be", () => {
    const time = fc.integer({ min: now - 3 * graceMs, max: now });
    const partNames = ["p", "q", "r", "s", "t"];
    const inventory = fc.record({
      images: fc.uniqueArray(
        fc.record({
          digest: fc.constantFrom(...["a", "b", "c", "d"].map(digest)),
          ...{ usedAt: time, isInUse: fc.boolean(), parts: fc.subarray(partNames) },
        }),
        { selector: ({ digest: it }) => it },
      ),
      parts: fc
        .uniqueArray(fc.record({ name: fc.constantFrom(...partNames), bytes: fc.nat(50), changedAt: time }), {
          selector: ({ name }) => name,
        })
        .map((list) => new Map(list.map(({ name, ...part }) => [name, { ...part, graceMs }]))),
    });
    fc.assert(
      fc.property(inventory, fc.nat(200), (held, maxBytes) => {
        const removed = decideCollection(held, { ...rules, maxBytes }, now);
        const kept = held.images.filter((image) => !removed.images.includes(image.digest));
        for (const image of held.images)
          if (image.isInUse || now - image.usedAt <= graceMs) expect(kept).toContain(image);
        for (const { parts } of kept) for (const part of parts) expect(removed.parts).not.toContain(part);
        for (const name of removed.parts)
          expect(now - (held.parts.get(name)?.changedAt ?? now)).toBeGreaterThan(graceMs);
        expect(new Set(removed.parts).size).toBe(removed.parts.length);
        const left = [...held.parts].filter(([name]) => !removed.parts.includes(name));
        const isTight = left.reduce((sum, [, { bytes }]) => sum + bytes, 0) <= maxBytes;
        const isAllNeeded = kept.every(({ isInUse, usedAt }) => isInUse || now - usedAt <= graceMs);
        expect(isTight || isAllNeeded).toBe(true);
      }),
    );
  });
});
