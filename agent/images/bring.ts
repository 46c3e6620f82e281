import type { Readable } from "node:stream";
import { type Digest, requireImageManifest } from "../../contract/index.ts";
import { createGate } from "../lib/gate.ts";
import { createShareWork } from "../lib/shared-work.ts";
import type { BlobStore } from "./blobs.ts";
import { imageStoreLimits } from "./limits.ts";
import { readManifest } from "./read.ts";
import type { Room } from "./room.ts";
import type { ImageProgress, ImageWait } from "./types.ts";

export type OpenUpload = (digest: Digest, signal: AbortSignal) => Promise<Readable>;

/** Brings uploaded images from the cluster's servers: the manifest first, then what it names. Each blob is checked as it is written. */
export function createBring({
  blobs,
  room,
  signal,
}: {
  readonly blobs: BlobStore;
  readonly room: Room;
  readonly signal: AbortSignal;
}): (imageDigest: Digest, open: OpenUpload, wait: ImageWait) => Promise<void> {
  const share = createShareWork<ImageProgress>(signal);
  const inSlot = createGate(imageStoreLimits.pullsAtOnce);
  return (imageDigest, open, wait) =>
    share(imageDigest, (abort, tell) => inSlot(() => bring(imageDigest, open, abort, tell)), wait);

  async function bring(
    imageDigest: Digest,
    open: OpenUpload,
    abort: AbortSignal,
    tell: (progress: ImageProgress) => void,
  ): Promise<void> {
    abort.throwIfAborted(); // called off while it waited for its turn
    const put = async (digest: Digest) => {
      if (!(await blobs.renew(digest))) await blobs.put(digest, await open(digest, abort));
    };
    const { manifest } = await readManifest(blobs, imageDigest, put);
    requireImageManifest(manifest, imageDigest);
    const parts = [manifest.config, ...manifest.layers];
    const total = parts.reduce((sum, { size }) => sum + size, 0);
    await room.require(`bring image ${imageDigest}`, total);
    let done = 0;
    for (const { digest, size } of parts) {
      await put(digest);
      done += size;
      tell({ done, total });
    }
  }
}
