import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { keys } from "./records.ts";
import { openStore } from "./store.ts";
import type { KeyValues } from "./types.ts";

const put = { key: keys.allocation, record: { serviceAddresses: 1 }, was: undefined };

/** A server whose watch shows nothing, as one that hangs. */
function silent(commit: KeyValues["commit"]): KeyValues {
  return {
    range: async () => ({ revision: 1, entries: [], more: false }),
    commit,
    async *watch(_from, signal) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  };
}

test("a write that is not seen back does not hold up the end", async () => {
  const stop = new AbortController();
  const store = await openStore(
    silent(async () => ({ succeeded: true, revision: 2 })),
    stop.signal,
  );
  const written = store.commit([put]);
  setImmediate(() => stop.abort());
  await expect(written).rejects.toMatchObject({ code: "unreachable" });
  await expect(store.commit([put])).rejects.toMatchObject({ code: "unreachable" });
  await store.running;
});

test("a write is not repeated once the store ends", async () => {
  const stop = new AbortController();
  let attempts = 0;
  const store = await openStore(
    silent(async () => {
      if (++attempts === 3) stop.abort();
      throw new ConstellationError("unreachable", "write: no answer");
    }),
    stop.signal,
  );
  await expect(store.commit([put])).rejects.toMatchObject({ code: "unreachable" });
  expect(attempts).toBe(3);
});
