import {
  ConstellationError,
  type Digest,
  type ImageConfig,
  type ImageManifest,
  imageLimits,
  parseConfig,
  parseManifest,
  thisPlatform,
} from "../../contract/index.ts";
import type { BlobStore } from "./blobs.ts";
import { type LayerKey, layerKeys } from "./layers.ts";

/** Parsed images kept in memory, a few kilobytes each. */
const imagesKnown = 256;

export interface Image {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** The lowest first. */
  readonly keys: readonly LayerKey[];
}

/** Reads an image once and then knows it: a digest names the same image for ever, and starts are quicker for it. */
export interface ImageReader {
  read(imageDigest: Digest): Promise<Image>;
  /** Forgets the others: their blobs may go. */
  keep(digests: ReadonlySet<Digest>): void;
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
    keep(digests: ReadonlySet<Digest>): void {
      for (const digest of known.keys()) if (!digests.has(digest)) known.delete(digest);
    },
  };
}

/** Throws `image-missing` or `image-invalid`: not for this platform, or its parts do not fit together. */
export async function readImage(blobs: BlobStore, imageDigest: Digest): Promise<Image> {
  const manifest = parseManifest(await blobs.read(imageDigest, imageLimits.manifestBytes), imageDigest);
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
  const keys = layerKeys(
    manifest.layers.map(({ digest }) => digest),
    config.diffIds,
  );
  return { manifest, config, keys };
}
