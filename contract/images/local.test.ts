import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  dockerArchiveFiles,
  imageOf,
  layoutFiles,
  tarOf,
  tarOfFiles,
  writeFiles,
} from "../../test/images/archive.ts";
import { digestOf } from "./digest.ts";
import { openLocalImage } from "./local.ts";
import { type LocalReference, parseReference } from "./reference.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-image-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (text: string) => openLocalImage(parseReference(text) as LocalReference, folder);
const layer = (text: string) => tarOf([{ name: "etc/motd", content: text }]);

describe("an OCI layout", () => {
  test("gives the manifest's digest and every blob once, the manifest last", async () => {
    const image = imageOf([await layer("a"), await layer("b"), await layer("a")], {
      config: { Cmd: ["sh"] },
    });
    await writeFiles(join(folder, "layout"), layoutFiles([{ name: "web", image }]));
    const opened = await open("oci:layout:web");
    expect(opened.digest).toBe(image.digest);
    expect(opened.config.cmd).toEqual(["sh"]);
    expect(opened.blobs.map(({ digest }) => digest)).toEqual([...image.blobs.keys()]);
    expect(opened.blobs.at(-1)?.digest).toBe(image.digest);
    for (const blob of opened.blobs) {
      const bytes = await buffer(blob.open());
      expect([digestOf(bytes), bytes.length]).toEqual([blob.digest, blob.size]);
    }
  });

  test("may be one tag of several, or the only image", async () => {
    const [one, two] = [imageOf([await layer("1")]), imageOf([await layer("2")])];
    await writeFiles(
      folder,
      layoutFiles([
        { name: "one", image: one },
        { name: "two", image: two },
      ]),
    );
    expect((await open("oci:.:two")).digest).toBe(two.digest);
    await expect(open("oci:.")).rejects.toThrow(
      "open image oci:.: several images; add :TAG, one of: one, two",
    );
    await expect(open("oci:.:three")).rejects.toThrow("no tag three; tags there: one, two");
    await writeFiles(folder, layoutFiles([{ image: one }]));
    expect((await open("oci:.")).digest).toBe(one.digest);
  });

  test("that was built again has another digest", async () => {
    const digests = [];
    for (const text of ["first", "second", "first"]) {
      await writeFiles(folder, layoutFiles([{ name: "web", image: imageOf([await layer(text)]) }]));
      digests.push((await open("oci:.:web")).digest);
    }
    expect(digests[0]).not.toBe(digests[1]);
    expect(digests[2]).toBe(digests[0]);
  });

  test("of several platforms gives the one asked for", async () => {
    const openFor = (architecture: string) =>
      openLocalImage({ kind: "oci", path: "." }, folder, { os: "linux", architecture });
    const images = ["amd64", "arm64"].map((architecture) => imageOf([], { architecture }));
    const files = layoutFiles(images.map((image) => ({ image })));
    await writeFiles(folder, files);
    expect((await openFor("arm64")).digest).toBe(images[1]?.digest);
    const nested = files.get("index.json") as Buffer;
    files.set(`blobs/sha256/${digestOf(nested).slice(7)}`, nested);
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const top = {
      schemaVersion: 2,
      manifests: [{ mediaType, digest: digestOf(nested), size: nested.length }],
    };
    files.set("index.json", Buffer.from(JSON.stringify(top)));
    await writeFiles(folder, files);
    expect((await openFor("arm64")).digest).toBe(images[1]?.digest);
    expect((await openFor("amd64")).digest).toBe(images[0]?.digest);
    await expect(openFor("riscv64")).rejects.toThrow(
      "not built for linux/riscv64, only for linux/amd64, linux/arm64",
    );
  });

  test.each([
    [
      "a blob is missing",
      "is not there",
      (files: Map<string, Buffer>, layerPath: string) => files.delete(layerPath),
    ],
    [
      "a blob is cut",
      "bytes, not",
      (files: Map<string, Buffer>, layerPath: string) => files.set(layerPath, Buffer.of(1)),
    ],
    [
      "the index is no JSON",
      "not JSON",
      (files: Map<string, Buffer>) => files.set("index.json", Buffer.from("{")),
    ],
    [
      "the index is of another kind",
      "schemaVersion",
      (files: Map<string, Buffer>) => files.set("index.json", Buffer.from("{}")),
    ],
  ])("is refused when %s", async (_, problem, spoil) => {
    const image = imageOf([await layer("x")]);
    const files = layoutFiles([{ image }]);
    spoil(files, `blobs/sha256/${image.layers[0]?.slice(7)}`);
    await writeFiles(folder, files);
    await expect(open("oci:.")).rejects.toMatchObject({
      code: "image-invalid",
      message: expect.stringContaining(problem),
    });
  });

  test("is refused when a document was changed in place", async () => {
    const image = imageOf([]);
    const files = layoutFiles([{ image }]);
    files.set(`blobs/sha256/${image.digest.slice(7)}`, Buffer.from("{}"));
    await writeFiles(folder, files);
    await expect(open("oci:.")).rejects.toThrow("its content does not match its name; build the image again");
  });
});

describe("a docker archive", () => {
  test("in Docker's own format gets the same OCI manifest each time", async () => {
    const layers = [await layer("a"), await layer("b")];
    await writeFile(join(folder, "a.tar"), await tarOfFiles(dockerArchiveFiles(layers, ["web:1"])));
    const first = await open("docker-archive:a.tar");
    expect(first.manifest.layers.map(({ digest }) => digest)).toEqual(layers.map(digestOf));
    expect((await open("docker-archive:a.tar:web:1")).digest).toBe(first.digest);
    for (const blob of first.blobs) expect(digestOf(await buffer(blob.open()))).toBe(blob.digest);
    await writeFile(
      join(folder, "b.tar"),
      await tarOfFiles(dockerArchiveFiles([layers[0] as Buffer], ["web:1"])),
    );
    expect((await open("docker-archive:b.tar")).digest).not.toBe(first.digest);
  });

  test("that holds an OCI layout gives that image's digest", async () => {
    const image = imageOf([await layer("a")]);
    await writeFile(join(folder, "a.tar"), await tarOfFiles(layoutFiles([{ name: "1.2", image }])));
    expect((await open("docker-archive:a.tar")).digest).toBe(image.digest);
    expect((await open("docker-archive:a.tar:1.2")).digest).toBe(image.digest);
  });

  test.each(["web:latest", "docker.io/library/web:latest"])(
    "that calls the image %s answers to web",
    async (tag) => {
      await writeFile(join(folder, "a.tar"), await tarOfFiles(dockerArchiveFiles([await layer("a")], [tag])));
      expect((await open("docker-archive:a.tar:web")).digest).toBe(
        (await open("docker-archive:a.tar")).digest,
      );
      await expect(open("docker-archive:a.tar:web:2")).rejects.toThrow(
        `no image web:2; images there: ${tag}`,
      );
    },
  );

  test("may store a repeated layer as a link", async () => {
    const tar = await layer("a");
    const files = dockerArchiveFiles([tar, tar], ["web:1"]);
    files.delete("layer1/layer.tar");
    const entries = [...files].map(([name, content]) => ({ name, content }));
    const link = { name: "layer1/layer.tar", type: "symlink" as const, linkname: "../layer0/layer.tar" };
    await writeFile(join(folder, "a.tar"), await tarOf([...entries, link]));
    const opened = await open("docker-archive:a.tar");
    expect(opened.manifest.layers).toHaveLength(2);
    expect(opened.blobs).toHaveLength(3);
  });

  test.each([
    ["nothing.tar", "image-missing", "does not exist; build the image or check the path"],
    ["text.tar", "image-invalid", "not a tar archive; write it with docker save"],
    ["packed.tar", "image-invalid", "not a tar archive; gunzip it first"],
    ["other.tar", "image-invalid", "neither manifest.json nor index.json inside; write it with docker save"],
    ["cut.tar", "image-invalid", "the archive ends early; save the image again"],
    ["web.tar:db", "image-missing", "no image db; images there: web:1"],
  ])("%s is refused", async (file, code, problem) => {
    await writeFile(join(folder, "text.tar"), "x".repeat(1024));
    await writeFile(
      join(folder, "packed.tar"),
      Buffer.concat([Buffer.of(0x1f, 0x8b), Buffer.alloc(1024, 1)]),
    );
    await writeFile(join(folder, "other.tar"), await layer("x"));
    const web = await tarOfFiles(dockerArchiveFiles([await layer("x")], ["web:1"]));
    await writeFile(join(folder, "web.tar"), web);
    const long = await tarOf([{ name: `${"n".repeat(150)}/${"m".repeat(150)}`, content: "x" }]);
    await writeFile(join(folder, "cut.tar"), long.subarray(0, 600));
    await expect(open(`docker-archive:${file}`)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(problem),
    });
  });
});

test("a folder and a file are told apart", async () => {
  await writeFile(join(folder, "a.tar"), "");
  await expect(open("oci:a.tar")).rejects.toThrow("is a file; write docker-archive: for a tar archive");
  await expect(open("docker-archive:.")).rejects.toThrow("is a folder; write oci: for an OCI image layout");
});
