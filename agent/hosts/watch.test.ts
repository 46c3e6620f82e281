import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { Store } from "../store/index.ts";
import { livenessLimits } from "./liveness.ts";
import { steadinessLimits } from "./steadiness.ts";
import { watchHosts } from "./watch.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const noDisk = { isOwnDiskFull: () => false, onDisk: () => undefined };

test("who is alone looks at no clock; the first other host is watched as soon as it is known", async () => {
  const names = ["self"];
  const listeners = new Set<() => void>();
  const store = {
    list: () => names.map((name) => ({ record: { name } })),
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as Store;
  const states: string[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const watch = watchHosts({
    store,
    self: "self",
    askOthers: () => undefined,
    onChange: ({ state }) => states.push(state),
    ...noDisk,
    signal,
  });
  expect(jest.getTimerCount()).toBe(0);

  names.push("other");
  for (const tell of listeners) tell();
  await jest.advanceTimersByTimeAsync(2 * livenessLimits.firstMs);
  expect(states).toEqual(["suspect", "lost"]);

  ending.abort();
  await watch.running;
  expect([jest.getTimerCount(), listeners.size]).toEqual([0, 0]);
});

test("a host that another server hears is not lost, for as long as that one does", async () => {
  const store = {
    list: () => ["self", "other", "third"].map((name) => ({ record: { name } })),
    subscribe: () => () => undefined,
  } as unknown as Store;
  const states: string[] = [];
  const ending = new AbortController();
  let isHeardElsewhere = true;
  const watch = watchHosts({
    ...{ store, self: "self", signal: ending.signal },
    onChange: ({ name, state }) => states.push(`${name} ${state}`),
    ...noDisk,
    askOthers: (names, tell) =>
      isHeardElsewhere && tell(Object.fromEntries(names.map((name) => [name, 100]))),
  });
  const beating = setInterval(() => watch.heard("third", 0), 500);
  watch.heard("other", 0);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(states).toEqual([]);
  expect(watch.silences(["other", "nobody"]).other).toBeGreaterThan(19_000);

  isHeardElsewhere = false;
  await jest.advanceTimersByTimeAsync(livenessLimits.lostMs + 1_000);
  expect(states).toEqual(["other suspect", "other lost"]);
  clearInterval(beating);
  ending.abort();
  await watch.running;
});

test("a host that comes and goes is told of, until it was steady for a while", async () => {
  const store = {
    list: () => [{ record: { name: "self" } }, { record: { name: "other" } }],
    subscribe: () => () => undefined,
  } as unknown as Store;
  const ending = new AbortController();
  const watch = watchHosts({
    store,
    self: "self",
    onChange: () => undefined,
    ...noDisk,
    askOthers: () => undefined,
    signal: ending.signal,
  });
  const answersFor = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      watch.heard("other", 0);
      await jest.advanceTimersByTimeAsync(500);
    }
  };
  for (let time = 0; time < steadinessLimits.absences; time++) {
    expect(watch.conditionOf("other").absences).toBeUndefined();
    await answersFor(5_000);
    await jest.advanceTimersByTimeAsync(livenessLimits.confirmMs);
  }
  await answersFor(1_000);
  expect(watch.conditionOf("other")).toMatchObject({ state: "ready", absences: steadinessLimits.absences });
  let changes = 0;
  watch.subscribe(() => {
    changes += 1;
  });
  await answersFor(steadinessLimits.steadyMs);
  expect([watch.conditionOf("other").absences, changes]).toEqual([undefined, 1]);
  ending.abort();
  await watch.running;
});

test("a host's full disk is told of once, and once it has room again; one's own only beside others", async () => {
  const names = ["self"];
  const store = {
    list: () => names.map((name) => ({ record: { name } })),
    subscribe: () => () => undefined,
  } as unknown as Store;
  const said: string[] = [];
  const ending = new AbortController();
  let isOwnDiskFull = true;
  const begin = () =>
    watchHosts({
      ...{ store, self: "self", onChange: () => undefined, askOthers: () => undefined },
      isOwnDiskFull: () => isOwnDiskFull,
      onDisk: ({ name, isDiskFull }) => said.push(`${name} ${isDiskFull}`),
      signal: ending.signal,
    });
  const alone = begin();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(alone.conditionOf("self").isDiskFull).toBeUndefined();
  names.push("other");
  const watch = begin();
  for (const isFull of [false, true, true]) watch.heard("other", 0, isFull);
  expect(watch.conditionOf("other").isDiskFull).toBe(true);
  watch.heard("other", 0);
  expect(watch.conditionOf("other").isDiskFull).toBeUndefined();
  await jest.advanceTimersByTimeAsync(livenessLimits.tickMs);
  expect(watch.conditionOf("self").isDiskFull).toBe(true);
  isOwnDiskFull = false;
  await jest.advanceTimersByTimeAsync(livenessLimits.tickMs);
  expect(watch.conditionOf("self").isDiskFull).toBeUndefined();
  expect(said).toEqual(["other true", "other false", "self true", "self false"]);
  ending.abort();
  await Promise.all([alone.running, watch.running]);
});
