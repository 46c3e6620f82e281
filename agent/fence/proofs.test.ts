import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { keys } from "../store/index.ts";
import { createProofs } from "./proofs.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A server whose memory says who leads; `epoch`: what that is once it is as new as the others', undefined while they do not answer. */
function serverOf(own: { term: number | undefined; epoch: number | undefined; isAlone: boolean }) {
  const ending = new AbortController();
  let looks = 0;
  const proofs = createProofs({
    leadership: {
      term: () => (own.term === undefined ? undefined : { key: keys.leader, modRevision: own.term }),
      subscribe: () => () => undefined,
    },
    async confirm() {
      looks += 1;
      if (own.epoch === undefined) throw new Error("no majority answers");
      if (own.epoch !== own.term) own.term = undefined;
    },
    ...{ isAlone: () => own.isAlone, now: () => performance.now(), signal: ending.signal },
  });
  return { ...proofs, own, looks: () => looks, end: () => ending.abort() };
}
const passes = async (ms: number) => await jest.advanceTimersByTimeAsync(ms);

test("the only server proves it by being that, and asks nobody", async () => {
  const server = serverOf({ term: 7, epoch: undefined, isAlone: true });
  await passes(2_000);
  expect([server.provedAt(), server.looks()]).toEqual([performance.now(), 0]);
  server.end();
});

test("one of several has it from a majority, again and again while somebody asks", async () => {
  const server = serverOf({ term: 7, epoch: 7, isAlone: false });
  expect(server.provedAt()).toBeUndefined();
  await passes(0);
  const first = performance.now();
  expect(server.provedAt()).toBe(first);
  await passes(2_000);
  expect(server.provedAt()).toBeGreaterThan(first + 1_000);
  await passes(10_000);
  const looks = server.looks();
  await passes(60_000);
  expect(server.looks()).toBe(looks);
  server.end();
});

test("its proof grows old where no majority answers, and is none where another one leads", async () => {
  const server = serverOf({ term: 7, epoch: 7, isAlone: false });
  server.provedAt();
  await passes(0);
  const proved = server.provedAt();
  server.own.epoch = undefined;
  await passes(3_000);
  expect(server.provedAt()).toBe(proved);
  server.own.epoch = 9;
  await passes(3_000);
  expect([server.provedAt(), server.ledSince()]).toEqual([undefined, undefined]);
  server.end();
});

test("a new term begins when it is seen, without a proof of its own", async () => {
  const server = serverOf({ term: 7, epoch: 7, isAlone: false });
  server.provedAt();
  await passes(1_000);
  expect(server.ledSince()).toBeLessThanOrEqual(performance.now() - 1_000);
  server.own.term = 9;
  expect([server.provedAt(), server.ledSince()]).toEqual([undefined, performance.now()]);
  server.end();
});
