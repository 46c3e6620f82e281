import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError, type Digest, formatReference } from "../../contract/index.ts";
import { createSerial } from "../lib/serial.ts";
import { type BlobStore, openBlobStore } from "./blobs.ts";
import { createBring } from "./bring.ts";
import { collect } from "./collect.ts";
import { type LayerKey, type LayerStore, openLayerStore } from "./layers.ts";
import { imageStoreLimits } from "./limits.ts";
import { blobsOf } from "./parts.ts";
import { createPull } from "./pull.ts";
import { createImageReader } from "./read.ts";
import { defaultMaxBytes, freeBytes, type Room, watchRoom } from "./room.ts";
import type { ImageProgress, ImageSource, Images, TreeFiles } from "./types.ts";
import { openUsage } from "./usage.ts";

export interface ImagesOptions {
  /** The agent's; images live in `images` below it. */
  readonly stateDir: string;
  /** Starts the unpacking child; the folder to fill is added. */
  readonly unpackCommand: readonly string[];
  readonly tree: TreeFiles;
  readonly source: ImageSource;
  /** What must stay; undefined while nobody knows: then nothing is removed. */
  readonly inUse: () => ReadonlySet<Digest> | undefined;
  /** Of everything here together; undefined: the default. */
  readonly maxBytes?: () => number | undefined;
  /** Opens a blob that was uploaded to the cluster, where that is not this machine. */
  readonly openUpload?: ((digest: Digest, signal: AbortSignal) => Promise<Readable>) | undefined;
  readonly graceMs?: number;
  /** Hears of a collection that failed; the next one tries again. */
  readonly onError: (error: unknown) => void;
  /** Ends pulling and unpacking when the agent stops. */
  readonly signal: AbortSignal;
}

/** Opens the host's images, removing what a crash left half done, but for downloads: they are gone on with. */
export async function openImages(options: ImagesOptions): Promise<Images> {
  const { stateDir, unpackCommand, tree, source, inUse, openUpload, onError, signal } = options;
  const graceMs = options.graceMs ?? imageStoreLimits.graceMs;
  const root = join(stateDir, "images");
  const place = (name: string) => join(root, name);
  await rm(place("temp"), { recursive: true, force: true });
  // Only root may pass: layers hold setuid programs of strangers.
  for (const name of ["blobs", "layers", "sizes", "used", "pulls", "temp"])
    await mkdir(place(name), { recursive: true, mode: 0o700 });
  const blobs = openBlobStore(place("blobs"), place("temp"));
  const layers = openLayerStore({
    ...{ folder: place("layers"), sizesFolder: place("sizes"), tempFolder: place("temp") },
    ...{ command: unpackCommand, tree, signal },
  });
  const usage = openUsage(place("used"));
  const images = createImageReader(blobs);
  const inTurn = createSerial();
  let isCollectionDue = false;

  /** @param mustBeFree bytes of the disk, which may ask for less than the bound. */
  function collectNow(mustBeFree = 0): Promise<void> {
    return inTurn(async () => {
      isCollectionDue = false;
      const used = inUse();
      if (used === undefined) return;
      const bound = options.maxBytes?.() ?? (await defaultMaxBytes(root));
      const lacking = Math.max(0, mustBeFree - (await freeBytes(root)));
      const rules = { maxBytes: bound, graceMs, lackingBytes: lacking };
      const gone = await collect({ blobs, layers, usage, partials: place("pulls") }, used, rules);
      for (const digest of gone) images.forget(digest);
    });
  }
  /** Something came: once for all that comes in a moment. */
  function collectSoon(): void {
    if (isCollectionDue) return;
    isCollectionDue = true;
    delay(imageStoreLimits.collectPauseMs, undefined, { signal, ref: false })
      .then(
        () => collectNow(),
        () => {},
      ) // the agent ends
      .catch(onError);
  }
  const room = watchRoom(root, collectNow);
  const pull = createPull({ source, blobs, folder: place("pulls"), room, signal });
  const bring = createBring({ blobs, room, signal });

  async function hasImage(imageDigest: Digest): Promise<boolean> {
    try {
      const { documents, manifest, keys } = await images.read(imageDigest);
      const parts = [...documents, manifest.config.digest, ...keys.map((key) => key.blob)];
      return (await Promise.all(parts.map(blobs.has))).every(Boolean);
    } catch (error) {
      if (error instanceof ConstellationError && error.code === "image-missing") return false;
      throw error;
    }
  }

  return {
    hasBlob: blobs.has,
    async putBlob(digest, content) {
      await blobs.put(digest, content);
      collectSoon();
    },
    openBlob: blobs.open,
    blobsOf: (imageDigest) => blobsOf(blobs, imageDigest),
    async missingBlobs(digests) {
      const unique = [...new Set(digests)];
      const present = await Promise.all(unique.map(blobs.renew));
      return unique.filter((_, at) => !present[at]);
    },
    async locate(reference, access, abort) {
      if (reference.kind !== "registry") throw notUploaded(formatReference(reference));
      if (reference.digest) return reference.digest;
      return source.locate(reference, access, abort ? AbortSignal.any([abort, signal]) : signal);
    },
    hasImage,
    async pull(reference, imageDigest, access, wait = {}) {
      if (await hasImage(imageDigest)) return;
      await usage.note(imageDigest);
      await pull(reference, imageDigest, access, wait);
      await usage.note(imageDigest);
      collectSoon();
    },
    async bring(imageDigest, wait = {}) {
      if (await hasImage(imageDigest)) return;
      if (!openUpload) throw notUploaded(imageDigest);
      await usage.note(imageDigest);
      await bring(imageDigest, openUpload, wait);
      await usage.note(imageDigest);
      collectSoon();
    },
    resolve: async (imageDigest) => (await images.read(imageDigest)).config,
    async requireImage(imageDigest) {
      const { documents, manifest, keys } = await images.read(imageDigest);
      for (const blob of [...documents, manifest.config.digest, ...keys.map((key) => key.blob)]) {
        if (await blobs.renew(blob)) continue;
        throw new ConstellationError(
          "image-missing",
          `read image ${imageDigest}: blob ${blob} is not on this host; upload or pull the image again`,
        );
      }
      for (const key of keys) await layers.renew(key);
      await usage.note(imageDigest);
    },
    async unpack(imageDigest, { onProgress, signal: abort } = {}) {
      const { keys } = await images.read(imageDigest);
      await usage.note(imageDigest);
      await untilAborted(
        unpackAll({ blobs, layers, room }, imageDigest, keys, onProgress),
        abort,
        imageDigest,
      );
      return keys.map(layers.folder).reverse();
    },
    collect: collectNow,
    removeAll: () => rm(root, { recursive: true, force: true }),
  };
}

/** From the lowest up, for a layer may need a look at those below. Progress counts the layers missing at the start. */
async function unpackAll(
  { blobs, layers, room }: { readonly blobs: BlobStore; readonly layers: LayerStore; readonly room: Room },
  imageDigest: Digest,
  keys: readonly LayerKey[],
  onProgress: (progress: ImageProgress) => void = () => {},
): Promise<void> {
  const present = await Promise.all(keys.map(layers.has));
  const missing = keys.filter((_, at) => !present[at]);
  if (missing.length === 0) return;
  const sizes = await Promise.all(missing.map(({ blob }) => blobs.size(blob)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  await room.require(`unpack image ${imageDigest}`, total);
  let finished = 0;
  for (const [at, key] of missing.entries()) {
    const below = keys.slice(0, keys.indexOf(key)).map(layers.folder).reverse();
    const onBytes = (bytes: number) => onProgress({ done: finished + bytes, total });
    await layers.unpack(key, blobs.path(key.blob), below, onBytes).catch(async (error: unknown) => {
      const code = error instanceof ConstellationError ? error.code : undefined;
      if (code === "image-invalid") await blobs.requireSound(key.blob); // or the disk is to blame, not the image
      if (code === "host-unfit") await room.makeFree(imageStoreLimits.expansion * (sizes[at] ?? 0));
      throw error;
    });
    finished += sizes[at] ?? 0;
    onProgress({ done: finished, total });
  }
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
