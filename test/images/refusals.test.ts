import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, jest, test } from "@jest/globals";
import { digestOf, parseReference } from "../../contract/index.ts";
import { type CraftedImage, imageOf, tarOf } from "./archive.ts";
import { type TestStore, useStore } from "./store.ts";

jest.setTimeout(60_000);

let store: TestStore;
useStore((opened) => {
  store = opened;
});

const noAccess = { registries: {}, credentials: {} };

describe("refuses, naming layer and reason, and leaves nothing behind:", () => {
  const zeros = () => tarOf([{ name: "zeros", content: Buffer.alloc(300 * 1024 ** 2) }]);
  const simple = () => tarOf([{ name: "file", content: "x".repeat(100_000) }]);
  const cases: [string, () => Promise<CraftedImage>, string][] = [
    [
      "an entry that climbs out",
      async () => imageOf([await tarOf([{ name: "../../etc/passwd", content: "x" }])]),
      "entry ../../etc/passwd points outside of the image; rebuild the image",
    ],
    [
      "a bomb",
      async () => imageOf([await zeros()]),
      "it unpacks to over 200 times its compressed size; rebuild the image",
    ],
    [
      "a cut gzip",
      async () => imageOf([await simple()], { compress: (tar) => gzipSync(tar).subarray(0, 150) }),
      "unexpected end of file; build or upload the image again",
    ],
    [
      "content that the config does not announce",
      async () => imageOf([await simple()], { diffIds: [digestOf(Buffer.of(1))] }),
      "the image's config says sha256:",
    ],
  ];
  test.each(cases)("%s", async (_, craft, reason) => {
    const image = await store.upload(await craft());
    const refusal = await store.images.unpack(image.digest).catch((error) => error);
    expect(refusal).toMatchObject({ name: "ConstellationError", code: "image-invalid" });
    expect(refusal.message).toContain(`unpack layer ${image.layers[0]}: `);
    expect(refusal.message).toContain(reason);
    expect([...store.list("layers"), ...store.list("temp")]).toEqual([]);
  });

  test("an image that was never uploaded, or for another machine", async () => {
    const image = imageOf([], { architecture: "s390x" });
    await expect(store.images.resolve(image.digest)).rejects.toMatchObject({ code: "image-missing" });
    await store.upload(image);
    await expect(store.images.resolve(image.digest)).rejects.toThrow("built for linux/s390x, this host is");
  });

  test("an image of which a layer is missing", async () => {
    const image = imageOf([await simple()]);
    const [layer] = image.layers;
    for (const [digest, bytes] of image.blobs)
      if (digest !== layer) await store.images.putBlob(digest, Readable.from([bytes]));
    await expect(store.images.requireImage(image.digest)).rejects.toMatchObject({
      code: "image-missing",
      message: `read image ${image.digest}: blob ${layer} is not on this host; upload or pull the image again`,
    });
    await store.upload(image);
    await store.images.requireImage(image.digest);
  });

  test("a reference to a registry where no registry can be asked", async () => {
    await expect(store.images.locate(parseReference("foo:1"), noAccess)).rejects.toMatchObject({
      code: "image-missing",
      message: expect.stringMatching(
        /^pull image docker.io\/library\/foo:1: .*; use an oci: layout or a docker-archive:$/,
      ),
    });
    const { digest } = imageOf([]);
    expect(await store.images.locate(parseReference(`foo@${digest}`), noAccess)).toBe(digest);
  });

  test("a child that dies or talks nonsense", async () => {
    const image = await store.uploadLayers([[{ name: "file", content: "x" }]]);
    for (const [script, reason] of [
      ["echo no memory >&2; kill -9 $$", "no memory"],
      ["echo '{\"report\":true}'", "the unpacking process ended with 0"],
    ]) {
      await store.reopen({ unpackCommand: ["/bin/sh", "-c", script as string] });
      await expect(store.images.unpack(image.digest)).rejects.toMatchObject({
        code: "host-unfit",
        message: `unpack layer ${image.layers[0]}: ${reason}`,
      });
    }
    expect([...store.list("layers"), ...store.list("temp")]).toEqual([]);
  });
});
