import { ConstellationError, type Digest, imageLimits, parseManifestOrIndex } from "../../contract/index.ts";
import type { BlobStore } from "./blobs.ts";

/** Documents of one image that are read: an index has some ten platforms. */
const mostDocuments = 100;

/** The digests that an image names, for whatever platform: another host's may be another one than this one's. */
export async function blobsOf(
  blobs: Pick<BlobStore, "read">,
  imageDigest: Digest,
): Promise<ReadonlySet<Digest>> {
  const found = new Set([imageDigest]);
  const documents = [imageDigest];
  for (const digest of documents) {
    for (const part of await namedIn(blobs, digest)) {
      found.add(part.digest);
      if (part.isDocument && documents.length < mostDocuments) documents.push(part.digest);
    }
  }
  return found;
}

/** Nothing where it is not here, or no document. */
async function namedIn(
  blobs: Pick<BlobStore, "read">,
  digest: Digest,
): Promise<{ readonly digest: Digest; readonly isDocument: boolean }[]> {
  try {
    const read = parseManifestOrIndex(await blobs.read(digest, imageLimits.manifestBytes), digest);
    if ("index" in read) return read.index.manifests.map((one) => ({ digest: one.digest, isDocument: true }));
    const { config, layers } = read.manifest;
    return [config, ...layers].map((one) => ({ digest: one.digest, isDocument: false }));
  } catch (error) {
    if (error instanceof ConstellationError) return [];
    throw error;
  }
}
