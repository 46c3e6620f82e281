import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConstellationError, type Digest, formatReference } from "../../contract/index.ts";
import { type BlobStore, openBlobStore } from "./blobs.ts";
import { type LayerKey, type LayerStore, openLayerStore } from "./layers.ts";
import { createImageReader, readImage } from "./read.ts";
import type { ImageProgress, ImageSource, Images, TreeFiles } from "./types.ts";

export interface ImagesOptions {
  /** The agent's; images live in `images` below it. */
  readonly stateDir: string;
  /** Starts the unpacking child; the folder to fill is added. */
  readonly unpackCommand: readonly string[];
  readonly tree: TreeFiles;
  readonly source: ImageSource;
  /** Ends unpacking when the agent stops. */
  readonly signal: AbortSignal;
}

/** Opens the host's images, removing what a crash left half done. */
export async function openImages({
  stateDir,
  unpackCommand,
  tree,
  source,
  signal,
}: ImagesOptions): Promise<Images> {
  const root = join(stateDir, "images");
  const folders = { blobs: join(root, "blobs"), layers: join(root, "layers"), temp: join(root, "temp") };
  await rm(folders.temp, { recursive: true, force: true });
  // Only root may pass: layers hold setuid programs of strangers.
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 });
  const blobs = openBlobStore(folders.blobs, folders.temp);
  const layers = openLayerStore({
    folder: folders.layers,
    tempFolder: folders.temp,
    command: unpackCommand,
    tree,
    signal,
  });
  const images = createImageReader(blobs);

  async function hasImage(imageDigest: Digest): Promise<boolean> {
    try {
      const { manifest, keys } = await images.read(imageDigest);
      const parts = [manifest.config.digest, ...keys.map((key) => key.blob)];
      return (await Promise.all(parts.map(blobs.has))).every(Boolean);
    } catch (error) {
      if (error instanceof ConstellationError && error.code === "image-missing") return false;
      throw error;
    }
  }

  return {
    hasBlob: blobs.has,
    putBlob: blobs.put,
    openBlob: blobs.open,
    async missingBlobs(digests) {
      const unique = [...new Set(digests)];
      const present = await Promise.all(unique.map(blobs.renew));
      return unique.filter((_, at) => !present[at]);
    },
    async locate(reference, access, abort) {
      if (reference.kind !== "registry") throw notUploaded(formatReference(reference));
      return reference.digest ?? source.locate(reference, access, abort);
    },
    resolve: async (imageDigest) => (await images.read(imageDigest)).config,
    hasImage,
    async pull(reference, imageDigest, access, { signal: abort } = {}) {
      // Until there is a source that pulls, its refusal says what works instead.
      if (!(await hasImage(imageDigest))) await source.locate(reference, access, abort);
    },
    async requireImage(imageDigest) {
      const { manifest, keys } = await images.read(imageDigest);
      for (const blob of [imageDigest, manifest.config.digest, ...keys.map((key) => key.blob)]) {
        if (await blobs.renew(blob)) continue;
        throw new ConstellationError(
          "image-missing",
          `read image ${imageDigest}: blob ${blob} is not on this host; upload the image again`,
        );
      }
      for (const key of keys) await layers.renew(key);
    },
    async unpack(imageDigest, { onProgress, signal: abort } = {}) {
      const { keys } = await images.read(imageDigest);
      await untilAborted(unpackAll(blobs, layers, keys, onProgress), abort, imageDigest);
      return keys.map(layers.folder).reverse();
    },
    async collect(keep, graceMs) {
      const { blobs: usedBlobs, chains } = await reachable(blobs, keep);
      images.keep(keep);
      const isOld = async (path: string) => Date.now() - (await stat(path)).ctimeMs > graceMs;
      for (const digest of await blobs.list()) {
        if (!usedBlobs.has(digest) && (await isOld(blobs.path(digest)))) await blobs.remove(digest);
      }
      for (const chainId of await layers.list()) {
        const path = layers.folder({ chainId, blob: chainId, diffId: chainId });
        if (!chains.has(chainId) && (await isOld(path))) await layers.remove(chainId);
      }
    },
    removeAll: () => rm(root, { recursive: true, force: true }),
  };
}

/** From the lowest up, for a layer may need a look at those below. Progress counts the layers missing at the start. */
async function unpackAll(
  blobs: BlobStore,
  layers: LayerStore,
  keys: readonly LayerKey[],
  onProgress: (progress: ImageProgress) => void = () => {},
): Promise<void> {
  const present = await Promise.all(keys.map(layers.has));
  const missing = keys.filter((_, at) => !present[at]);
  if (missing.length === 0) return;
  const sizes = await Promise.all(missing.map(({ blob }) => blobs.size(blob)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let finished = 0;
  for (const [at, key] of missing.entries()) {
    const below = keys.slice(0, keys.indexOf(key)).map(layers.folder).reverse();
    await layers.unpack(key, blobs.path(key.blob), below, (bytes) =>
      onProgress({ done: finished + bytes, total }),
    );
    finished += sizes[at] ?? 0;
    onProgress({ done: finished, total });
  }
}

/** Everything that the images of `keep` are made of. An image that is not here needs nothing. */
async function reachable(blobs: BlobStore, keep: ReadonlySet<Digest>) {
  const used = { blobs: new Set<Digest>(), chains: new Set<Digest>() };
  for (const imageDigest of keep) {
    if (!(await blobs.has(imageDigest))) continue;
    const { manifest, keys } = await readImage(blobs, imageDigest);
    used.blobs.add(imageDigest).add(manifest.config.digest);
    for (const { blob, chainId } of keys) {
      used.blobs.add(blob);
      used.chains.add(chainId);
    }
  }
  return used;
}

async function untilAborted(
  work: Promise<void>,
  signal: AbortSignal | undefined,
  imageDigest: Digest,
): Promise<void> {
  if (!signal) return work;
  const cancelled = (cause: unknown) =>
    new ConstellationError("cancelled", `unpack image ${imageDigest}: cancelled`, { cause });
  if (signal.aborted) {
    work.catch(() => {}); // Nobody waits for it any more.
    throw cancelled(signal.reason);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function notUploaded(name: string): ConstellationError {
  return new ConstellationError(
    "image-missing",
    `find image ${name}: not uploaded; run pulumi up on the machine that has it`,
  );
}
