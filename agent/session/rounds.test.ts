import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { createRounds } from "./rounds.ts";

const ends: AbortController[] = [];
const ending = () => {
  const end = new AbortController();
  ends.push(end);
  return end.signal;
};
afterEach(() => {
  for (const end of ends.splice(0)) end.abort();
});

test("all see one look, some at a time, and whatever else waits has its turn in between", async () => {
  const log: string[] = [];
  const rounds = createRounds(() => log.push("look"));
  const all = Array.from({ length: 40 }, () => rounds.turns(ending())[Symbol.asyncIterator]());
  const first = all.map((one) => one.next().then(() => log.push("turn")));
  setImmediate(() => log.push("other"));
  await Promise.all(first);
  expect(log.filter((word) => word === "look").length).toBeLessThanOrEqual(2);
  expect(log.indexOf("other")).toBeGreaterThan(-1);
  expect(log.lastIndexOf("turn")).toBeGreaterThan(log.indexOf("other"));
});

test("whoever follows sees the last change, however many come while it looks", async () => {
  let value = 0;
  const rounds = createRounds(() => value);
  const follow = async (slowMs: number) => {
    const seen: number[] = [];
    for await (const one of rounds.turns(ending())) {
      seen.push(one);
      await delay(slowMs);
      if (one === 30) break;
    }
    return seen;
  };
  const all = [0, 1, 3].map(follow);
  while (value < 30) {
    value += 1;
    rounds.changed();
    await delay(1);
  }
  for (const seen of await Promise.all(all)) expect(seen).toEqual(seen.toSorted((one, other) => one - other));
});

test("a look that fails ends those who waited for it, and no others", async () => {
  let isBroken = true;
  const rounds = createRounds(() => {
    if (isBroken) throw new Error("it cannot be read");
    return 1;
  });
  await expect(rounds.turns(ending())[Symbol.asyncIterator]().next()).rejects.toThrow("it cannot be read");
  isBroken = false;
  expect(await rounds.turns(ending())[Symbol.asyncIterator]().next()).toEqual({ value: 1, done: false });
});

test("who has seen all waits for a change, or the end", async () => {
  const rounds = createRounds(() => 1);
  const end = new AbortController();
  const turns = rounds.turns(end.signal)[Symbol.asyncIterator]();
  await turns.next();
  const next = turns.next();
  end.abort();
  expect(await next).toEqual({ value: undefined, done: true });
});
