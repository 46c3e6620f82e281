import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createGate } from "./gate.ts";

test("never more at once than the limit, in order, and a failure frees its place", async () => {
  const works = fc.array(fc.boolean(), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), works, async (limit, fails) => {
      const pass = createGate(limit);
      const started: number[] = [];
      let running = 0;
      let most = 0;
      const all = fails.map((fail, index) =>
        pass(async () => {
          started.push(index);
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          if (fail) throw new Error("failed");
        }),
      );
      const outcomes = await Promise.allSettled(all);
      expect(outcomes.map(({ status }) => status === "rejected")).toEqual(fails);
      expect(started).toEqual(fails.map((_, index) => index));
      expect(most).toBe(Math.min(limit, fails.length));
    }),
    { numRuns: 50 },
  );
});
