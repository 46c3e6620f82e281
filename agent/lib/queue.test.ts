import { expect, test } from "@jest/globals";
import { createQueue } from "./queue.ts";

test("items come in order, also those pushed before the loop and during it", async () => {
  const queue = createQueue<number>(10);
  queue.push(1);
  const seen: number[] = [];
  for await (const item of queue) {
    seen.push(item);
    if (item < 3) queue.push(item + 1);
    else queue.close();
  }
  expect(seen).toEqual([1, 2, 3]);
});

test("what does not fit, or comes after the end, is refused", async () => {
  const queue = createQueue<number>(2);
  expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
  queue.close();
  expect(queue.push(4)).toBe(false);
  const rest: number[] = [];
  for await (const item of queue) rest.push(item);
  expect(rest).toEqual([1, 2]);
});
