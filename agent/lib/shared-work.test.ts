import { expect, test } from "@jest/globals";
import { createShareWork } from "./shared-work.ts";

const begin = () => {
  const stop = new AbortController();
  const starts: { signal: AbortSignal; tell: (news: number) => void; done: () => void }[] = [];
  const share = createShareWork<number>(stop.signal);
  const work = (signal: AbortSignal, tell: (news: number) => void) =>
    new Promise<void>((done, fail) => {
      signal.addEventListener("abort", () => fail(new Error("ended")));
      starts.push({ signal, tell, done });
    });
  return { stop, starts, wait: (options = {}) => share("key", work, options) };
};

test("begins once for all who wait, and tells all of them", async () => {
  const { starts, wait } = begin();
  const news: string[] = [];
  const both = [
    wait({ onProgress: (it: number) => news.push(`a${it}`) }),
    wait({ onProgress: (it: number) => news.push(`b${it}`) }),
  ];
  starts[0]?.tell(1);
  starts[0]?.done();
  await Promise.all(both);
  expect([starts.length, news]).toEqual([1, ["a1", "b1"]]);
});

test("goes on while one waits, ends with the last, and begins again for the next", async () => {
  const { starts, wait } = begin();
  const [one, other] = [new AbortController(), new AbortController()];
  const both = [wait({ signal: one.signal }), wait({ signal: other.signal })];
  one.abort(new Error("first gone"));
  await expect(both[0]).rejects.toThrow("first gone");
  expect(starts[0]?.signal.aborted).toBe(false);
  other.abort(new Error("last gone"));
  await expect(both[1]).rejects.toThrow("last gone");
  expect(starts[0]?.signal.aborted).toBe(true);
  const third = wait();
  starts[1]?.done();
  await third;
});

test("fails for all who wait", async () => {
  const { stop, wait } = begin();
  const both = [wait(), wait()];
  stop.abort();
  for (const each of both) await expect(each).rejects.toThrow("ended");
});
