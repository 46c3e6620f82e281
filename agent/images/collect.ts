import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../contract/index.ts";
import type { BlobStore } from "./blobs.ts";
import { type CollectionRules, decideCollection, type Part, type StoredImage } from "./decide.ts";
import type { LayerStore } from "./layers.ts";
import { imageStoreLimits } from "./limits.ts";
import { partsOf } from "./read.ts";
import type { Usage } from "./usage.ts";

export interface Stores {
  readonly blobs: BlobStore;
  readonly layers: Pick<LayerStore, "list" | "path" | "size" | "remove">;
  readonly usage: Usage;
  /** Of unfinished downloads. */
  readonly partials: string;
}

/** Removes what `decideCollection` says of what lies here now. @returns the images that are gone */
export async function collect(
  stores: Stores,
  inUse: ReadonlySet<Digest>,
  rules: CollectionRules,
): Promise<readonly Digest[]> {
  for (const digest of inUse) await stores.usage.note(digest);
  const [files, images] = await Promise.all([listFiles(stores), listImages(stores, inUse)]);
  const inventory = { images, parts: await measure(files, rules.graceMs) };
  const removed = decideCollection(inventory, rules, Date.now());
  if (await wasUsed(stores.usage, inventory.images, removed.images)) return []; // the next collection decides anew
  for (const digest of removed.images) await stores.usage.forget(digest);
  const places = new Map(files.map((file) => [file.name, file]));
  for (const name of removed.parts) {
    const place = places.get(name);
    const part = place && (await measureOne(place, rules.graceMs));
    // What was asked for since the inventory was taken is about to be used.
    if (part && Date.now() - part.changedAt > part.graceMs) await place.remove();
  }
  return removed.images;
}

/** Whether one of these was used since it was listed. */
async function wasUsed(
  usage: Usage,
  listed: readonly StoredImage[],
  digests: readonly Digest[],
): Promise<boolean> {
  const times = await usage.list();
  return listed.some(({ digest, usedAt }) => digests.includes(digest) && times.get(digest) !== usedAt);
}

async function listImages({ blobs, usage }: Stores, inUse: ReadonlySet<Digest>): Promise<StoredImage[]> {
  const images: StoredImage[] = [];
  for (const [digest, usedAt] of await usage.list()) {
    const made = await partsOf(blobs, digest);
    const parts = [...made.blobs.map(blobName), ...made.chains.map(layerName)];
    images.push({ digest, usedAt, isInUse: inUse.has(digest), parts });
  }
  return images;
}

/** Where a part lies. */
interface Place {
  readonly name: string;
  readonly path: string;
  /** Where the path's own size does not tell. */
  readonly size?: () => Promise<number>;
  readonly graceMs?: number;
  remove(): Promise<void>;
}

const blobName = (digest: Digest) => `blob ${digest}`;
const layerName = (chainId: Digest) => `layer ${chainId}`;

async function listFiles({ blobs, layers, partials }: Stores): Promise<Place[]> {
  return [
    ...(await blobs.list()).map((digest) => ({
      ...{ name: blobName(digest), path: blobs.path(digest) },
      remove: () => blobs.remove(digest),
    })),
    ...(await layers.list()).map((chainId) => ({
      ...{ name: layerName(chainId), path: layers.path(chainId), size: () => layers.size(chainId) },
      remove: () => layers.remove(chainId),
    })),
    ...(await readdir(partials)).map((name) => ({
      ...{ name: `partial ${name}`, path: join(partials, name), graceMs: imageStoreLimits.partialKeepMs },
      remove: () => rm(join(partials, name), { recursive: true, force: true }),
    })),
  ];
}

async function measure(places: readonly Place[], graceMs: number): Promise<Map<string, Part>> {
  const parts = new Map<string, Part>();
  for (const place of places) {
    const part = await measureOne(place, graceMs);
    if (part) parts.set(place.name, part);
  }
  return parts;
}

/** Undefined where it has gone meanwhile: a download was finished. */
async function measureOne(place: Place, graceMs: number): Promise<Part | undefined> {
  try {
    const { ctimeMs, size } = await stat(place.path);
    const bytes = place.size ? await place.size() : size;
    return { bytes, changedAt: ctimeMs, graceMs: place.graceMs ?? graceMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
