import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, jest, test } from "@jest/globals";
import { type Digest, digestOf, hexOf } from "../../contract/index.ts";
import { type TestStore, useStore } from "./store.ts";

jest.setTimeout(60_000);

let store: TestStore;
useStore((opened) => {
  store = opened;
});

describe("blobs", () => {
  const bytes = Buffer.from("content");
  const digest = digestOf(bytes);

  test("are there once stored, and only then", async () => {
    expect(await store.images.missingBlobs([digest, digest])).toEqual([digest]);
    await store.images.putBlob(digest, Readable.from([bytes]));
    await store.images.putBlob(digest, Readable.from([bytes]));
    expect(await store.images.hasBlob(digest)).toBe(true);
    expect(await store.images.missingBlobs([digest])).toEqual([]);
  });

  test("that differ from their digest are refused, and leave nothing", async () => {
    await expect(store.images.putBlob(digest, Readable.from([Buffer.from("other")]))).rejects.toMatchObject({
      code: "image-invalid",
      message: expect.stringMatching(
        `^store blob ${digest}: the content has digest sha256:.*; upload the image again$`,
      ),
    });
    expect([...store.list("blobs"), ...store.list("temp")]).toEqual([]);
  });

  test("sent twice at once are stored once; when the first sender breaks off, the second serves", async () => {
    const broken = new Readable({ read() {} });
    const first = store.images.putBlob(digest, broken);
    const second = store.images.putBlob(digest, Readable.from([bytes]));
    broken.push(bytes.subarray(0, 3));
    broken.destroy(new Error("connection lost"));
    await expect(first).rejects.toThrow("connection lost");
    await second;
    expect(await store.images.hasBlob(digest)).toBe(true);
    expect(store.list("temp")).toEqual([]);
  });
});

test("a blob that the disk damaged counts as missing, so that it is brought again", async () => {
  const image = await store.uploadLayers([[{ name: "file", content: "x" }]]);
  for (const [digest, problem] of [
    [image.layers[0], "unpack layer"],
    [image.digest, "read blob"],
  ] as const) {
    const path = join(store.stateDir, "images/blobs", hexOf(digest as Digest));
    const bytes = readFileSync(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    await store.reopen();
    await expect(store.images.unpack(image.digest)).rejects.toMatchObject({
      code: "image-missing",
      message: expect.stringMatching(`^${problem} .*damaged, so removed; upload or pull the image again$`),
    });
    expect(await store.images.missingBlobs([digest as Digest])).toEqual([digest]);
    await store.images.putBlob(digest as Digest, Readable.from([bytes]));
  }
  await store.images.unpack(image.digest);
});
