import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import {
  type Descriptor,
  type Digest,
  digestOf,
  hexOf,
  mediaTypes,
  parseIndex,
  parseManifest,
} from "../../contract/index.ts";

const nameAnnotation = "org.opencontainers.image.ref.name";
/** What the image was made from, so that the next run sees that there is nothing to do. */
const recipeAnnotation = "internal.constellation.recipe";
/** Debian 12's release: a fixed time makes equal content equal bytes. */
const fixedTime = "@1686355200";

/** A folder of the OCI image layout that images are written into. */
export interface Layout {
  /** Whether the image is there, made from this recipe, with all of its blobs. */
  isCurrent(name: string, recipe: string): Promise<boolean>;
  /** Packs a folder as a gzip'ed layer: sorted, owned by root, at one time. */
  writeLayer(folder: string): Promise<{ descriptor: Descriptor; diffId: Digest }>;
  writeJson(value: unknown, mediaType: string): Promise<Descriptor>;
  /** Names a manifest, in place of an older one of that name. */
  tag(name: string, recipe: string, manifest: Descriptor): Promise<void>;
  /** Removes blobs that no named image needs. */
  prune(): Promise<void>;
}

export async function openLayout(folder: string): Promise<Layout> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const indexPath = join(folder, "index.json");
  const readIndex = async () => {
    const bytes = await readFile(indexPath).catch(() => undefined);
    return bytes ? parseIndex(bytes, indexPath).manifests : [];
  };
  const put = (digest: Digest, bytes: Buffer) => writeFile(join(blobs, hexOf(digest)), bytes);

  return {
    async isCurrent(name, recipe) {
      const found = (await readIndex()).find(({ annotations }) => annotations?.[nameAnnotation] === name);
      if (found?.annotations?.[recipeAnnotation] !== recipe) return false;
      return access(join(blobs, hexOf(found.digest))).then(
        () => true,
        () => false,
      );
    },
    async writeLayer(source) {
      const temp = join(folder, `layer.${process.pid}`);
      const { diffId, digest, size } = await packFolder(source, temp);
      await rename(temp, join(blobs, hexOf(digest)));
      return { diffId, descriptor: { mediaType: mediaTypes.layerGzip, digest, size } };
    },
    async writeJson(value, mediaType) {
      const bytes = Buffer.from(JSON.stringify(value));
      const digest = digestOf(bytes);
      await put(digest, bytes);
      return { mediaType, digest, size: bytes.length };
    },
    async tag(name, recipe, manifest) {
      const others = (await readIndex()).filter(({ annotations }) => annotations?.[nameAnnotation] !== name);
      const named = { ...manifest, annotations: { [nameAnnotation]: name, [recipeAnnotation]: recipe } };
      const manifests = [...others, named].sort((a, b) =>
        compare(a.annotations?.[nameAnnotation], b.annotations?.[nameAnnotation]),
      );
      const temp = `${indexPath}.${process.pid}`;
      await writeFile(temp, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index[0], manifests }));
      await rename(temp, indexPath);
    },
    async prune() {
      const needed = new Set<string>();
      for (const { digest } of await readIndex()) {
        const manifest = parseManifest(await readFile(join(blobs, hexOf(digest))), digest);
        for (const each of [
          digest,
          manifest.config.digest,
          ...manifest.layers.map((layer) => layer.digest),
        ]) {
          needed.add(hexOf(each));
        }
      }
      for (const file of await readdir(blobs)) if (!needed.has(file)) await rm(join(blobs, file));
    },
  };
}

const compare = (a = "", b = "") => (a < b ? -1 : a > b ? 1 : 0);

async function packFolder(
  source: string,
  target: string,
): Promise<{ diffId: Digest; digest: Digest; size: number }> {
  const options = [
    "--sort=name",
    "--format=gnu",
    "--numeric-owner",
    "--owner=0",
    "--group=0",
    `--mtime=${fixedTime}`,
  ];
  const tar = spawn("tar", [...options, "-C", source, "-cf", "-", "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((done, fail) => tar.once("error", fail).once("close", done));
  const content = createHash("sha256");
  const packed = createHash("sha256");
  let size = 0;
  async function* observe(chunks: AsyncIterable<Buffer>, see: (chunk: Buffer) => void) {
    for await (const chunk of chunks) {
      see(chunk);
      yield chunk;
    }
  }
  const [code] = await Promise.all([
    ended,
    pipeline(
      tar.stdout,
      (chunks) => observe(chunks, (chunk) => content.update(chunk)),
      createGzip({ chunkSize: 256 * 1024 }),
      (chunks) =>
        observe(chunks, (chunk) => {
          packed.update(chunk);
          size += chunk.length;
        }),
      createWriteStream(target),
    ),
  ]);
  if (code !== 0) throw new Error(`pack ${source}: tar ended with ${code}`);
  return { diffId: `sha256:${content.digest("hex")}`, digest: `sha256:${packed.digest("hex")}`, size };
}
