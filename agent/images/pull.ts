import {
  ConstellationError,
  type Descriptor,
  type Digest,
  formatReference,
  type RegistryReference,
  requireImageManifest,
} from "../../contract/index.ts";
import { createGate } from "../lib/gate.ts";
import { createShareWork } from "../lib/shared-work.ts";
import type { BlobStore } from "./blobs.ts";
import { imageStoreLimits } from "./limits.ts";
import { openPartials } from "./partials.ts";
import { readManifest } from "./read.ts";
import type { Room } from "./room.ts";
import type { ImageProgress, ImageSource, ImageTransfer, ImageWait, RegistryAccess } from "./types.ts";

export interface PullOptions {
  readonly source: ImageSource;
  readonly blobs: BlobStore;
  /** Where unfinished blobs wait; on the store's filesystem. */
  readonly folder: string;
  readonly room: Room;
  /** Ends all pulls when the agent stops. */
  readonly signal: AbortSignal;
}

export type Pull = (
  reference: RegistryReference,
  imageDigest: Digest,
  access: RegistryAccess,
  wait: ImageWait,
) => Promise<void>;

/** Brings images into the store: the manifest for this platform first, then config and layers side by side. */
export function createPull({ source, blobs, folder, room, signal }: PullOptions): Pull {
  const partials = openPartials(folder);
  const share = createShareWork<ImageProgress>(signal);
  const inSlot = createGate(imageStoreLimits.pullsAtOnce);
  const underWay = new Map<Digest, Promise<void>>();

  return async (reference, imageDigest, access, wait) => {
    const action = `pull image ${formatReference(reference)}`;
    const key = `${reference.registry}/${reference.repository}@${imageDigest}`;
    try {
      const begin = (abort: AbortSignal, tell: (progress: ImageProgress) => void) =>
        inSlot(() => pull(action, reference, imageDigest, access, abort, tell));
      await share(key, begin, wait);
    } catch (error) {
      if (!wait.signal?.aborted && !signal.aborted) throw error;
      throw new ConstellationError("cancelled", `${action}: cancelled`, { cause: error });
    }
  };

  async function pull(
    action: string,
    reference: RegistryReference,
    imageDigest: Digest,
    access: RegistryAccess,
    abort: AbortSignal,
    tell: (progress: ImageProgress) => void,
  ): Promise<void> {
    abort.throwIfAborted(); // called off while it waited for its turn
    const transfer = await source.open(reference, access, folder, abort);
    try {
      const { manifest } = await readManifest(blobs, imageDigest, (digest) =>
        once(digest, () => transfer.bringManifest(digest)),
      );
      requireImageManifest(manifest, imageDigest);
      const parts = await missing([manifest.config, ...manifest.layers]);
      if (parts.length > 0) await room.require(action, await partials.lackingBytes(parts));
      try {
        await bringAll(transfer, parts, tell);
      } catch (error) {
        if (!(await room.isFull())) throw error;
        await partials.drop(parts); // a disk that is full of halves helps nobody
        await room.require(action, await partials.lackingBytes(parts));
        throw error;
      }
    } finally {
      transfer.close();
    }
  }

  async function missing(descriptors: readonly Descriptor[]): Promise<Descriptor[]> {
    const unique = [...new Map(descriptors.map((each) => [each.digest, each])).values()];
    const present = await Promise.all(unique.map(({ digest }) => blobs.renew(digest)));
    return unique.filter((_, at) => !present[at]);
  }

  async function bringAll(
    transfer: ImageTransfer,
    parts: readonly Descriptor[],
    tell: (progress: ImageProgress) => void,
  ): Promise<void> {
    const total = parts.reduce((sum, { size }) => sum + size, 0);
    const bytesOf = new Map<Digest, number>();
    const note = (digest: Digest, bytes: number) => {
      bytesOf.set(digest, bytes);
      tell({ done: [...bytesOf.values()].reduce((sum, each) => sum + each, 0), total });
    };
    await Promise.all(
      parts.map(async ({ digest, size }) => {
        await once(digest, () => transfer.bringBlob(digest, size, (bytes) => note(digest, bytes)));
        note(digest, size);
      }),
    );
  }

  /** One at a time for each blob: two pulls that share a layer would write the same file. */
  async function once(digest: Digest, bring: () => Promise<string>): Promise<void> {
    for (;;) {
      if (await blobs.renew(digest)) return;
      const others = underWay.get(digest);
      if (others === undefined) break;
      await others.catch(() => {}); // Its own failure; ours may fare better.
    }
    const ours = bring()
      .then((path) => blobs.adopt(digest, path))
      .finally(() => underWay.delete(digest));
    underWay.set(digest, ours);
    return ours;
  }
}
