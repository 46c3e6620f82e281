import {
  ConstellationError,
  type Digest,
  type ImageConfig,
  type ImageManifest,
  imageLimits,
  parseConfig,
  parseManifestOrIndex,
  pickPlatform,
  requireImageManifest,
  thisPlatform,
} from "../../contract/index.ts";
import type { BlobStore } from "./blobs.ts";
import { type LayerKey, layerKeys } from "./layers.ts";

/** Parsed images kept in memory, a few kilobytes each. */
const imagesKnown = 256;

export interface Image {
  /** What its digest names, an index perhaps, down to the manifest. */
  readonly documents: readonly Digest[];
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** The lowest first. */
  readonly keys: readonly LayerKey[];
}

/** Reads an image once and then knows it: a digest names the same image for ever, and starts are quicker for it. */
export interface ImageReader {
  read(imageDigest: Digest): Promise<Image>;
  /** Its blobs are gone. */
  forget(digest: Digest): void;
}

export function createImageReader(blobs: BlobStore): ImageReader {
  const known = new Map<Digest, Image>();
  return {
    async read(imageDigest: Digest): Promise<Image> {
      const image = known.get(imageDigest) ?? (await readImage(blobs, imageDigest));
      known.delete(imageDigest);
      known.set(imageDigest, image); // now the last to be forgotten
      for (const oldest of known.keys()) {
        if (known.size <= imagesKnown) break;
        known.delete(oldest);
      }
      return image;
    },
    forget: (digest) => void known.delete(digest),
  };
}

/** Throws `image-missing` or `image-invalid`: not for this platform, or its parts do not fit together. */
export async function readImage(blobs: BlobStore, imageDigest: Digest): Promise<Image> {
  const { documents, manifest } = await readManifest(blobs, imageDigest);
  requireImageManifest(manifest, imageDigest);
  const config = parseConfig(await blobs.read(manifest.config.digest, imageLimits.configBytes), imageDigest);
  const { os, architecture } = config.platform;
  const here = thisPlatform();
  if (os !== here.os || architecture !== here.architecture) {
    const problem = `built for ${os}/${architecture}, this host is ${here.os}/${here.architecture}`;
    throw new ConstellationError(
      "image-invalid",
      `read image ${imageDigest}: ${problem}; build it for this platform`,
    );
  }
  if (manifest.layers.length !== config.diffIds.length) {
    const problem = `${manifest.layers.length} layers but ${config.diffIds.length} diff_ids`;
    throw new ConstellationError("image-invalid", `read image ${imageDigest}: ${problem}; build it again`);
  }
  return { documents, manifest, config, keys: keysOf(manifest, config) };
}

/**
 * From what a tag names, by way of indexes, to the manifest for this platform.
 * @param bring makes sure that a document is here before it is read.
 */
export async function readManifest(
  blobs: Pick<BlobStore, "read">,
  imageDigest: Digest,
  bring: (digest: Digest) => Promise<void> = async () => {},
): Promise<Pick<Image, "documents" | "manifest">> {
  const documents = [imageDigest];
  for (const digest of documents) {
    await bring(digest);
    const found = parseManifestOrIndex(await blobs.read(digest, imageLimits.manifestBytes), imageDigest);
    if ("manifest" in found) return { documents, manifest: found.manifest };
    if (documents.length > imageLimits.indexDepth) break;
    documents.push(pickPlatform(found.index.manifests, thisPlatform(), `read image ${imageDigest}`).digest);
  }
  throw new ConstellationError(
    "image-invalid",
    `read image ${imageDigest}: indexes nested too deep; build it again`,
  );
}

/** What an image is made of, as far as what is here tells; for what must be kept, no error says "nothing". */
export async function partsOf(
  blobs: BlobStore,
  imageDigest: Digest,
): Promise<{ readonly blobs: readonly Digest[]; readonly chains: readonly Digest[] }> {
  const documents: Digest[] = [];
  const note = async (digest: Digest) => void documents.push(digest);
  try {
    const { manifest } = await readManifest(blobs, imageDigest, note);
    documents.push(manifest.config.digest, ...manifest.layers.map(({ digest }) => digest));
    const config = parseConfig(
      await blobs.read(manifest.config.digest, imageLimits.configBytes),
      imageDigest,
    );
    return { blobs: documents, chains: keysOf(manifest, config).map(({ chainId }) => chainId) };
  } catch (error) {
    if (error instanceof ConstellationError) return { blobs: documents, chains: [] };
    throw error;
  }
}

function keysOf({ layers }: ImageManifest, { diffIds }: ImageConfig): LayerKey[] {
  return layerKeys(
    layers.map(({ digest }) => digest),
    diffIds,
  );
}
