import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import type { Store } from "../store/index.ts";
import { createFeed } from "./feed.ts";

type Replay = Store["replay"];

/** A store at revision 7 that never changes. */
function storeWith(replay: Replay): Store {
  return {
    ...{
      revision: () => 7,
      confirm: async () => {},
      get: () => undefined,
      list: () => [],
      unreadable: () => [],
      subscribe: () => () => undefined,
    },
    ...{ commit: () => Promise.reject(new Error("not here")), running: Promise.resolve(), replay },
  };
}

const open = (after: number, replay: Replay) =>
  createFeed(storeWith(replay), () => new Date(0))
    .stream({ tail: 0, follow: false, after }, new AbortController().signal)
    [Symbol.asyncIterator]();

// biome-ignore lint/correctness/useYield: it fails before its first item
async function* compacted() {
  await turn();
  throw new ConstellationError("compacted", "list again");
}

test("a cursor beyond the store's revision is of another store", async () => {
  await expect(open(8, compacted).next()).rejects.toMatchObject({ code: "compacted" });
});

test("a cursor too old is refused before the stream counts as open", async () => {
  await expect(open(3, compacted).next()).rejects.toMatchObject({ code: "compacted" });
});

test("a stream is open before it has anything to tell", async () => {
  async function* replay(from: number) {
    for (let revision = from; revision <= 7; revision++) yield { revision, changes: [], unreadable: [] };
  }
  for (const after of [3, 7]) {
    const stream = open(after, replay);
    expect(await stream.next()).toEqual({ done: false, value: "open" });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  }
});
