import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import {
  type Descriptor,
  type Digest,
  digestOf,
  hexOf,
  mediaTypes,
  thisPlatform,
} from "../../contract/index.ts";

/** One entry of a crafted archive; nothing is checked, so that it can be as evil as a test wants. */
export interface CraftedEntry extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Buffer;
}

/** A tar archive of exactly these entries. */
export async function tarOf(entries: readonly CraftedEntry[]): Promise<Buffer> {
  const archive = pack();
  const chunks: Uint8Array[] = [];
  archive.on("data", (chunk: unknown) => chunks.push(chunk as Uint8Array));
  const ended = new Promise<void>((done) => archive.once("end", () => done()));
  for (const { content = "", ...header } of entries) {
    const isBodiless = header.type !== undefined && header.type !== "file";
    archive.entry({ mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), ...header }, isBodiless ? "" : content);
  }
  archive.finalize();
  await ended;
  return Buffer.concat(chunks);
}

/** A pax extended header with these bytes as its records, to be put before an archive. */
export async function paxHeader(records: Buffer): Promise<Buffer> {
  const archive = await tarOf([{ name: "PaxHeader", content: records }]);
  const entry = archive.subarray(0, archive.length - 1024);
  entry.write("x", 156, "latin1");
  entry.fill(" ", 148, 156);
  const checksum = entry.subarray(0, 512).reduce((sum, byte) => sum + byte, 0);
  entry.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return entry;
}

export interface CraftedImage {
  readonly digest: Digest;
  readonly manifest: Descriptor;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
  /** Of the layers as stored, the lowest first. */
  readonly layers: readonly Digest[];
}

export interface CraftOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly compress?: (tar: Buffer) => Buffer;
  /** Instead of the true ones. */
  readonly diffIds?: readonly Digest[];
  readonly architecture?: string;
}

/** An OCI image of these tar archives. */
export function imageOf(tars: readonly Buffer[], options: CraftOptions = {}): CraftedImage {
  const { compress = gzipSync, config = {}, diffIds = tars.map(digestOf) } = options;
  const blobs = new Map<Digest, Buffer>();
  const put = (bytes: Buffer, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layers = tars.map((tar) => put(compress(tar), mediaTypes.layerGzip));
  const platform = { ...thisPlatform(), ...(options.architecture && { architecture: options.architecture }) };
  const configBlob = put(
    json({ ...platform, config, rootfs: { type: "layers", diff_ids: diffIds } }),
    mediaTypes.config,
  );
  const mediaType = mediaTypes.manifest[0];
  const manifest = put(json({ schemaVersion: 2, mediaType, config: configBlob, layers }), mediaType);
  return {
    digest: manifest.digest,
    manifest: { ...manifest, platform },
    blobs,
    layers: layers.map(({ digest }) => digest),
  };
}

/** The files of an OCI layout, by path. Images without a name get no annotation. */
export function layoutFiles(images: readonly { name?: string; image: CraftedImage }[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>([["oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);
  for (const { image } of images) {
    for (const [digest, bytes] of image.blobs) files.set(`blobs/sha256/${hexOf(digest)}`, bytes);
  }
  const manifests = images.map(({ name, image }) => ({
    ...image.manifest,
    ...(name && { annotations: { "org.opencontainers.image.ref.name": name } }),
  }));
  files.set("index.json", Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  return files;
}

export async function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

export function tarOfFiles(files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  return tarOf([...files].map(([name, content]) => ({ name, content })));
}

/** What `docker save` wrote before Docker 25: plain layers in folders of their own. */
export function dockerArchiveFiles(tars: readonly Buffer[], tags: readonly string[]): Map<string, Buffer> {
  const config = Buffer.from(
    JSON.stringify({
      ...thisPlatform(),
      config: {},
      rootfs: { type: "layers", diff_ids: tars.map(digestOf) },
    }),
  );
  const name = `${createHash("sha256").update(config).digest("hex")}.json`;
  const layers = tars.map((tar, at) => [`layer${at}/layer.tar`, tar] as const);
  const manifest = [{ Config: name, RepoTags: tags, Layers: layers.map(([path]) => path) }];
  return new Map([...layers, [name, config], ["manifest.json", Buffer.from(JSON.stringify(manifest))]]);
}
