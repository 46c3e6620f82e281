import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { pino } from "pino";
import { createReporting } from "./reporting.ts";

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

/** Reports that are counted; `sent(n)` resolves with the n-th one. */
function createCounted(areMoreComing: () => boolean, send: (count: number) => void = () => undefined) {
  let count = 0;
  const waiting = new Map<number, () => void>();
  const reporting = createReporting({
    onNews: () => undefined,
    areMoreComing,
    log: pino({ level: "silent" }),
    async send() {
      count += 1;
      waiting.get(count)?.();
      send(count);
    },
  });
  const running = reporting.run(stop.signal);
  const sent = (number: number) =>
    count >= number ? undefined : new Promise<void>((resolve) => waiting.set(number, resolve));
  return { reporting, running, sent, count: () => count };
}

test("what somebody must act upon is reported, and many such changes at once in one report", async () => {
  const { reporting, sent, count } = createCounted(() => false);
  reporting.soon();
  reporting.soon();
  await sent(1);
  reporting.soon();
  await sent(2);
  expect(count()).toBe(2);
});

test("arrivals share reports while more are coming, and the last one does not wait", async () => {
  let coming = 100;
  const { reporting, running, sent, count } = createCounted(() => coming > 0);
  reporting.together();
  await sent(1);
  while (coming > 1) {
    coming -= 1;
    reporting.together();
  }
  expect(count()).toBe(1);
  coming = 0;
  reporting.together();
  await sent(2);
  stop.abort();
  await running;
  expect(count()).toBe(2);
});

test("an arrival is told also while others take long to come", async () => {
  const { reporting, sent } = createCounted(() => true);
  reporting.together();
  await sent(1);
  reporting.together();
  await sent(2);
});

test("a report that failed is made again", async () => {
  const { reporting, sent } = createCounted(
    () => false,
    (count) => {
      if (count === 1) throw new Error("no store");
    },
  );
  reporting.soon();
  await sent(2);
});
