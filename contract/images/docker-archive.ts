import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import * as z from "zod";
import { ConstellationError } from "../errors.ts";
import { type Digest, digestOf } from "./digest.ts";
import { type Descriptor, type ImageManifest, imageLimits, mediaTypes, parseConfig } from "./documents.ts";
import { type Files, readWhole } from "./files.ts";
import { uniqueBlobs } from "./layout.ts";
import { isSameName } from "./reference.ts";
import type { LocalBlob, LocalImage } from "./types.ts";

/** manifest.json of `docker save` before Docker 25, and of tools that write its format. */
const savedImages = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).max(imageLimits.layers),
  }),
);
type SavedImage = z.infer<typeof savedImages>[number];

/** Opens an image in Docker's own archive format, under an OCI manifest made from nothing but its bytes. */
export async function openDockerArchive(
  files: Files,
  name: string,
  tag: string | undefined,
): Promise<LocalImage> {
  const saved = pickImage(await readSavedImages(files, name), name, tag);
  const configBytes = await readWhole(files, saved.Config, imageLimits.configBytes);
  const config = parseConfig(configBytes, name);
  if (config.diffIds.length !== saved.Layers.length) {
    throw invalid(
      `open image ${name}: ${saved.Layers.length} layers but ${config.diffIds.length} diff_ids; save it again`,
    );
  }
  const layers: LocalBlob[] = [];
  for (const layer of saved.Layers) layers.push(await layerBlob(files, layer));
  const configBlob = bytesBlob(configBytes, mediaTypes.config);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest[0],
    config: descriptorOf(configBlob),
    layers: layers.map(descriptorOf),
  };
  const manifestBlob = bytesBlob(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest[0]);
  return {
    digest: manifestBlob.digest,
    manifest,
    config,
    blobs: uniqueBlobs([...layers, configBlob, manifestBlob]),
  };
}

async function readSavedImages(files: Files, name: string): Promise<readonly SavedImage[]> {
  if ((await files.size("manifest.json")) === undefined) {
    throw invalid(
      `open image ${name}: neither manifest.json nor index.json inside; write it with docker save`,
    );
  }
  const text = (await readWhole(files, "manifest.json", imageLimits.manifestBytes)).toString("utf8");
  try {
    return savedImages.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConstellationError(
      "image-invalid",
      `open image ${name}: malformed manifest.json; save the image again`,
      { cause },
    );
  }
}

function pickImage(images: readonly SavedImage[], name: string, tag: string | undefined): SavedImage {
  const isWanted = ({ RepoTags }: SavedImage) =>
    tag === undefined || RepoTags?.some((each) => isSameName(each, tag));
  const [first, second] = images.filter(isWanted);
  if (first && !second) return first;
  const tags =
    images
      .flatMap((image) => image.RepoTags ?? [])
      .sort()
      .join(", ") || "none";
  const problem = first
    ? "several images; add :NAME, one of"
    : `${tag ? `no image ${tag}` : "it is empty"}; images there`;
  throw new ConstellationError("image-missing", `open image ${name}: ${problem}: ${tags}`);
}

async function layerBlob(files: Files, path: string): Promise<LocalBlob> {
  const size = await files.size(path);
  if (size === undefined) throw invalid(`read image file ${path}: not there; save the image again`);
  const hash = createHash("sha256");
  let magic: Buffer | undefined;
  for await (const chunk of files.open(path)) {
    magic ??= chunk as Buffer;
    hash.update(chunk as Buffer);
  }
  const mediaType = magic?.[0] === 0x1f && magic[1] === 0x8b ? mediaTypes.layerGzip : mediaTypes.layerTar;
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { digest, size, mediaType, open: () => files.open(path) };
}

function bytesBlob(bytes: Buffer, mediaType: string): LocalBlob {
  return { digest: digestOf(bytes), size: bytes.length, mediaType, open: () => Readable.from([bytes]) };
}

function descriptorOf({ mediaType, digest, size }: LocalBlob): Descriptor {
  return { mediaType, digest, size };
}

const invalid = (message: string) => new ConstellationError("image-invalid", message);
