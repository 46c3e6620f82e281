import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { gather, mergeSorted } from "./index.ts";

async function* of<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const ascending = (a: number, b: number) => a - b;

test("sorted streams merge into one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer())), async (lists) => {
      const streams = lists.map((list) => of(list.toSorted(ascending)));
      expect(await all(mergeSorted(streams, ascending))).toEqual(lists.flat().sort(ascending));
    }),
    { numRuns: 50 },
  );
});

describe("gathering", () => {
  const options = { windowMs: 5, most: 10 };

  test("yields all of all streams, also of those that come later", async () => {
    async function* streams() {
      yield of([1, 2, 3]);
      await sleep(20);
      yield of([4]);
    }
    const batches = await all(gather<number>(streams(), options));
    expect(batches.flat().sort(ascending)).toEqual([1, 2, 3, 4]);
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
  });

  test("ends with no stream at all", async () => {
    expect(await all(gather<number>([], options))).toEqual([]);
  });

  test("keeps a source waiting for a slow reader", async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1;
        yield given;
      }
    }
    const batches = gather([endless()], options);
    expect((await batches.next()).value?.length).toBeLessThanOrEqual(options.most);
    await sleep(30);
    expect(given).toBeLessThanOrEqual(2 * options.most);
  });

  test("gives what came before a failure, then fails", async () => {
    async function* failing() {
      yield 1;
      throw new Error("cut");
    }
    const batches = gather([failing()], options);
    expect((await batches.next()).value).toEqual([1]);
    await expect(batches.next()).rejects.toThrow("cut");
  });
});
