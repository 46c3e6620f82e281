import { ConstellationError } from "../errors.ts";
import { digestOf, hexOf } from "./digest.ts";
import {
  type Descriptor,
  imageLimits,
  type Platform,
  parseConfig,
  parseIndex,
  parseManifest,
} from "./documents.ts";
import { type Files, readWhole } from "./files.ts";
import { isIndex, isManifest, pickPlatform } from "./platform.ts";
import { isSameName } from "./reference.ts";
import type { LocalBlob, LocalImage } from "./types.ts";

/** Names of images in an index: OCI's, and those that containerd (and so `docker save`) adds. */
const nameAnnotations = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

/** Opens one image of an OCI image layout (image-spec, image-layout.md), in a folder or inside a tar archive. */
export async function openLayout(
  files: Files,
  name: string,
  tag: string | undefined,
  platform: Platform,
): Promise<LocalImage> {
  const index = parseIndex(await readWhole(files, "index.json", imageLimits.manifestBytes), name);
  const descriptor = await pickManifest(files, name, pickTag(index.manifests, name, tag), platform);
  const manifest = parseManifest(await readDocument(files, descriptor, imageLimits.manifestBytes), name);
  const config = parseConfig(await readDocument(files, manifest.config, imageLimits.configBytes), name);
  if (config.diffIds.length !== manifest.layers.length) {
    throw invalid(
      `open image ${name}: ${manifest.layers.length} layers but ${config.diffIds.length} diff_ids; build it again`,
    );
  }
  const blobs = [...manifest.layers, manifest.config, descriptor].map((each) => blobOf(files, each));
  await Promise.all(blobs.map((blob) => requireBlob(files, name, blob)));
  return { digest: descriptor.digest, manifest, config, blobs: uniqueBlobs(blobs) };
}

/** Each blob once, where it is first. */
export function uniqueBlobs(blobs: readonly LocalBlob[]): readonly LocalBlob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

/** The images of a tag, or the only one there is; several are one image where only their platforms differ. */
function pickTag(
  manifests: readonly Descriptor[],
  name: string,
  tag: string | undefined,
): readonly Descriptor[] {
  const images = manifests.filter(({ mediaType }) => isIndex(mediaType) || isManifest(mediaType));
  const found =
    tag === undefined ? images : images.filter((each) => namesOf(each).some((it) => isSameName(it, tag)));
  const tags = [...new Set(images.flatMap((each) => namesOf(each).slice(0, 1)))].sort().join(", ") || "none";
  if (found.length === 0) {
    throw missing(`open image ${name}: ${tag ? `no tag ${tag}` : "it is empty"}; tags there: ${tags}`);
  }
  const isOne = new Set(found.map(({ digest }) => digest)).size === 1;
  const isOneOfManyPlatforms =
    found.every(({ platform }) => platform) && new Set(found.map((each) => namesOf(each)[0])).size === 1;
  if (isOne || isOneOfManyPlatforms) return found;
  throw missing(`open image ${name}: several images; add :TAG, one of: ${tags}`);
}

function namesOf(descriptor: Descriptor): string[] {
  return nameAnnotations.flatMap((key) => descriptor.annotations?.[key] ?? []);
}

/** Descends through indexes to the manifest for the platform. */
async function pickManifest(
  files: Files,
  name: string,
  candidates: readonly Descriptor[],
  platform: Platform,
  depth = 0,
): Promise<Descriptor> {
  const fitting = pickPlatform(candidates, platform, `open image ${name}`);
  if (!isIndex(fitting.mediaType)) return fitting;
  if (depth >= imageLimits.indexDepth)
    throw invalid(`open image ${name}: indexes nested too deep; build it again`);
  const nested = parseIndex(await readDocument(files, fitting, imageLimits.manifestBytes), name);
  return pickManifest(files, name, nested.manifests, platform, depth + 1);
}

const blobPath = ({ digest }: Pick<Descriptor, "digest">) => `blobs/sha256/${hexOf(digest)}`;

async function readDocument(files: Files, descriptor: Descriptor, maxBytes: number): Promise<Buffer> {
  const bytes = await readWhole(files, blobPath(descriptor), maxBytes);
  if (digestOf(bytes) === descriptor.digest) return bytes;
  throw invalid(
    `read image file ${blobPath(descriptor)}: its content does not match its name; build the image again`,
  );
}

function blobOf(files: Files, descriptor: Descriptor): LocalBlob {
  const { digest, size, mediaType } = descriptor;
  return { digest, size, mediaType, open: () => files.open(blobPath(descriptor)) };
}

async function requireBlob(files: Files, name: string, blob: LocalBlob): Promise<void> {
  const size = await files.size(blobPath(blob));
  if (size === blob.size) return;
  const problem = size === undefined ? "is not there" : `has ${size} bytes, not ${blob.size}`;
  throw invalid(`open image ${name}: blob ${blob.digest} ${problem}; build the image again`);
}

const missing = (message: string) => new ConstellationError("image-missing", message);
const invalid = (message: string) => new ConstellationError("image-invalid", message);
