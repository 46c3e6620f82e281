import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createShelf } from "./shelf.ts";

const key = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 4 });
const step = fc.record({ key, isRemoval: fc.boolean() });

test("lists what a map of the same writes holds under a prefix, in order of the keys", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), key, (steps, prefix) => {
      const shelf = createShelf<{ key: string; modRevision: number }>();
      const model = new Map<string, number>();
      for (const [at, { key, isRemoval }] of steps.entries()) {
        if (isRemoval) shelf.remove(key);
        else shelf.put({ key, modRevision: at });
        if (isRemoval) model.delete(key);
        else model.set(key, at);
      }
      const wanted = [...model]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      expect(shelf.list(prefix).map(({ key, modRevision }) => [key, modRevision])).toEqual(wanted);
    }),
  );
});
