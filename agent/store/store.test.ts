import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { families, keys } from "./records.ts";
import { openStore } from "./store.ts";
import type { ChangeSet, Entry, KeyValues } from "./types.ts";

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

/** A server that does what it is told at revision 2, and dies before it says so; others write on, and then it answers again. */
function losingOneAnswer(others: readonly ChangeSet[], happens = true): KeyValues {
  const shown = Promise.withResolvers<readonly ChangeSet[]>();
  let attempts = 0;
  return {
    ...silent(async ({ writes }) => {
      if (++attempts > 1) return { succeeded: false, revision: others.at(-1)?.revision ?? 2 };
      const changes = writes.map((write) =>
        "put" in write
          ? { key: write.put, now: entry(write.put, write.value, 2), before: undefined }
          : { key: write.remove, now: undefined, before: undefined },
      );
      shown.resolve([...(happens ? [{ revision: 2, changes }] : []), ...others]);
      throw new ConstellationError("unreachable", "write: no answer");
    }),
    async *watch() {
      yield* await shown.promise;
    },
  };
}
const entry = (key: string, value: string, modRevision: number): Entry => {
  return { key, value, createRevision: 1, modRevision };
};
const byOthers = (key: string, revision: number): ChangeSet => {
  const now = entry(key, '{"v":1,"serviceAddresses":7,"byOthers":true}', revision);
  return { revision, changes: [{ key, now, before: undefined }] };
};

test.each([
  ["a put", put],
  ["a removal", { remove: put.key, was: 1 }],
])("%s whose answer was lost has happened, also where others changed it since", async (_, write) => {
  const others = [byOthers(put.key, 3)];
  const store = await openStore(losingOneAnswer(others), new AbortController().signal);
  expect(await store.commit([write])).toBe(2);
  expect(store.get(families.allocation, put.key)?.modRevision).toBe(3);
});

test.each([
  ["a put", put],
  ["a removal", { remove: put.key, was: 1 }],
])("%s whose request was lost is refused where others came first", async (_, write) => {
  const others = [byOthers(put.key, 2)];
  const store = await openStore(losingOneAnswer(others, false), new AbortController().signal);
  await expect(store.commit([write])).rejects.toMatchObject({ code: "conflict" });
});

test("a refusal that was answered stays one, also where others wrote the same", async () => {
  const same: ChangeSet = {
    revision: 2,
    changes: [{ key: put.key, now: entry(put.key, '{"v":1,"serviceAddresses":1}', 2), before: undefined }],
  };
  const server = { ...holding([], [same]), commit: async () => ({ succeeded: false, revision: 2 }) };
  const store = await openStore(server, new AbortController().signal);
  await expect(store.commit([put])).rejects.toMatchObject({ code: "conflict" });
});

const history = (name: string, value: string): Entry => {
  return { key: keys.history("default", "Service", name), value, createRevision: 1, modRevision: 1 };
};
const good = '{"v":1,"entries":[]}';

/** A server that holds these, and then changes them. */
function holding(entries: readonly Entry[], sets: readonly ChangeSet[] = []): KeyValues {
  return {
    ...silent(async () => ({ succeeded: true, revision: 1 })),
    range: async () => ({ revision: 1, entries, more: false }),
    async *watch() {
      yield* sets;
    },
  };
}

test.each(["{", '{"v":2,"entries":[]}', '{"v":1,"entries":[{"serial":"hunter2"}]}'])(
  "a record of %s is left out and named, its neighbour is read, and nobody writes it",
  async (text) => {
    const told: string[] = [];
    const server = holding([history("bad", text), history("good", good)]);
    const store = await openStore(server, new AbortController().signal, ({ key }) => told.push(key));
    const { key } = history("bad", "");
    expect(told).toEqual([key]);
    expect(store.list(families.history).map((one) => one.key)).toEqual([history("good", "").key]);
    expect(JSON.stringify(store.unreadable())).not.toContain("hunter2");
    const refused = { code: "unreadable", message: expect.stringContaining(key) };
    await expect(store.commit([{ key, record: { entries: [] }, was: undefined }])).rejects.toMatchObject(
      refused,
    );
    await expect(store.commit([{ remove: key, was: 1 }])).rejects.toMatchObject(refused);
  },
);

test("a record that becomes unreadable stays as it was read last, until it can be read again", async () => {
  const { key } = history("web", "");
  const change = (revision: number, value: string): ChangeSet => {
    const now = { key, value, createRevision: 1, modRevision: revision };
    return { revision, changes: [{ key, now, before: undefined }] };
  };
  const read = async (sets: readonly ChangeSet[]) => {
    const store = await openStore(holding([history("web", good)], sets), new AbortController().signal);
    await store.running;
    return [store.get(families.history, key)?.modRevision, store.unreadable().length];
  };
  expect(await read([change(2, "{")])).toEqual([1, 1]);
  expect(await read([change(2, "{"), change(3, good)])).toEqual([3, 0]);
});

test("a record without which nothing can be decided keeps the store closed", async () => {
  const entry = { ...history("web", "{"), key: keys.placement("alpha", 0) };
  await expect(openStore(holding([entry]), new AbortController().signal)).rejects.toThrow(
    `read ${entry.key}`,
  );
});
