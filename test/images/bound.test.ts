import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, jest, test } from "@jest/globals";
import { type Digest, digestOf } from "../../contract/index.ts";
import { type TestStore, useStore } from "./store.ts";

jest.setTimeout(60_000);

let store: TestStore;
useStore((opened) => {
  store = opened;
});

describe("the store's bound", () => {
  const base = [{ name: "base", content: "x" }];
  const layerFolders = (paths: readonly string[]) => paths.map((path) => path.slice(-64));

  /** Uploads and unpacks one image on top of `base`; file times are as fine as the kernel's tick. */
  async function use(name: string) {
    const image = await store.uploadLayers([base, [{ name, content: Buffer.alloc(100_000, name) }]]);
    const layers = layerFolders(await store.images.unpack(image.digest));
    await delay(20);
    return { ...image, folders: layers };
  }

  test("the image unused for longest goes first, what others share stays, one in use never goes", async () => {
    const inUse = new Set<Digest>();
    let maxBytes = 10 ** 9;
    const [used, oldest, newest] = [await use("used"), await use("oldest"), await use("newest")];
    inUse.add(used.digest);
    await store.reopen({ inUse: () => inUse, maxBytes: () => maxBytes, graceMs: -1 });
    await store.images.collect();
    expect(store.list("layers")).toHaveLength(4);

    maxBytes = 300_000;
    await store.reopen({ inUse: () => inUse, maxBytes: () => maxBytes, graceMs: -1 }); // a restart forgets nothing
    await store.images.collect();
    expect(store.list("layers").sort()).toEqual([...new Set([...used.folders, ...newest.folders])].sort());
    expect(await store.images.hasImage(oldest.digest)).toBe(false);

    maxBytes = 0;
    await store.images.collect();
    expect(store.list("layers").sort()).toEqual([...used.folders].sort());
    expect(store.list("blobs")).toHaveLength(used.blobs.size);
    expect(store.list("sizes")).toHaveLength(2);
    expect(store.list("used")).toHaveLength(1);
    await store.images.removeAll();
    expect(existsSync(join(store.stateDir, "images"))).toBe(false);
  });

  test("what came an hour ago at most stays, whatever the bound, and while nobody knows what is in use", async () => {
    let inUse: Set<Digest> | undefined = new Set();
    await store.reopen({ inUse: () => inUse, maxBytes: () => 0 });
    await use("young");
    await store.images.collect();
    await store.reopen({ inUse: () => inUse, maxBytes: () => 0, graceMs: -1 });
    inUse = undefined;
    await store.images.collect();
    expect(store.list("layers")).toHaveLength(2);
  });

  test("an upload that goes over it makes room by itself", async () => {
    const first = await use("first");
    await store.reopen({ inUse: () => new Set(), maxBytes: () => 0, graceMs: -1 });
    const second = Buffer.from("second");
    await store.images.putBlob(digestOf(second), Readable.from([second]));
    while (await store.images.hasImage(first.digest)) await delay(10);
    expect(store.errors).toEqual([]);
  });
});

test("what was just asked for is young again: a service that needs it is about to be written", async () => {
  const { digest } = await store.uploadLayers([[{ name: "old", content: "x" }]]);
  await store.images.unpack(digest);
  const paths = ["blobs", "layers"].flatMap((name) =>
    store.list(name).map((file) => join(store.stateDir, "images", name, file)),
  );
  const changed = () => Promise.all(paths.map(async (path) => (await stat(path)).ctimeMs));
  const before = await changed();
  await delay(20); // file times are as fine as the kernel's tick
  await store.images.requireImage(digest);
  const after = await changed();
  expect(after.every((time, at) => time > (before[at] ?? 0))).toBe(true);
  expect(after).toHaveLength(4);
});
