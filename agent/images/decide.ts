import type { Digest } from "../../contract/index.ts";

/** A file or folder of the store that goes as a whole: a blob, an unpacked layer, an unfinished download. */
export interface Part {
  readonly bytes: number;
  /** When it came, or was last asked for. Milliseconds since 1970, as all times here. */
  readonly changedAt: number;
  /** How long it stays where no image needs it: an upload or a pull may be under way. */
  readonly graceMs: number;
}

export interface StoredImage {
  readonly digest: Digest;
  readonly usedAt: number;
  readonly isInUse: boolean;
  /** Names of what it is made of; some may not be here. */
  readonly parts: readonly string[];
}

export interface Inventory {
  readonly images: readonly StoredImage[];
  readonly parts: ReadonlyMap<string, Part>;
}

export interface CollectionRules {
  /** For all parts together. */
  readonly maxBytes: number;
  /** An image that was used so lately stays, whatever it takes. */
  readonly graceMs: number;
  /** That must go at least, for the disk is full. */
  readonly lackingBytes: number;
}

export interface Collection {
  readonly images: readonly Digest[];
  readonly parts: readonly string[];
}

/** What to remove: what belongs to no image, then images, the one unused for longest first, until all is below the bound. */
export function decideCollection(
  { images, parts }: Inventory,
  { maxBytes, graceMs, lackingBytes }: CollectionRules,
  now: number,
): Collection {
  const users = countUsers(images);
  const isOld = (part: Part) => now - part.changedAt > part.graceMs;
  const orphans = [...parts].flatMap(([name, part]) => (!users.has(name) && isOld(part) ? [name] : []));
  const removed = { images: [] as Digest[], parts: orphans };
  const bytesOf = (name: string) => parts.get(name)?.bytes ?? 0;
  let bytes = [...parts.keys()].reduce((sum, name) => sum + bytesOf(name), 0);
  const bound = Math.min(maxBytes, bytes - lackingBytes);
  for (const name of orphans) bytes -= bytesOf(name);

  const candidates = images
    .filter(({ isInUse, usedAt }) => !isInUse && now - usedAt > graceMs)
    .sort((one, other) => one.usedAt - other.usedAt);
  for (const image of candidates) {
    if (bytes <= bound) break;
    removed.images.push(image.digest);
    for (const name of new Set(image.parts)) {
      const left = (users.get(name) ?? 1) - 1;
      users.set(name, left);
      const part = parts.get(name);
      if (left > 0 || part === undefined || !isOld(part)) continue;
      removed.parts.push(name);
      bytes -= part.bytes;
    }
  }
  return removed;
}

function countUsers(images: readonly StoredImage[]): Map<string, number> {
  const users = new Map<string, number>();
  for (const { parts } of images)
    for (const name of new Set(parts)) users.set(name, (users.get(name) ?? 0) + 1);
  return users;
}
