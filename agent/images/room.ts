import { rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { ConstellationError, type Descriptor, hexOf } from "../../contract/index.ts";
import { imageStoreLimits } from "./limits.ts";

/** The disk that images lie on. */
export interface Room {
  /** @throws ConstellationError `host-unfit` where these cannot fit, even once unused images are gone. */
  require(action: string, parts: readonly Descriptor[]): Promise<void>;
  /** Where the disk is full, takes away what came of these: a host whose disk is full of halves helps nobody. */
  restore(parts: readonly Descriptor[]): Promise<void>;
}

/**
 * @param folder holds unfinished blobs.
 * @param makeFree removes unused images until so many bytes are free, as far as it can.
 */
export function watchRoom(folder: string, makeFree: (bytes: number) => Promise<void>): Room {
  const partial = (part: Descriptor) => join(folder, `${hexOf(part.digest)}.partial`);

  return {
    async require(action, parts) {
      if (parts.length === 0) return;
      const present = await Promise.all(parts.map((part) => sizeOf(partial(part))));
      const needed = parts.reduce((sum, { size }, at) => sum + size - (present[at] ?? 0), 0);
      const wanted = needed + imageStoreLimits.freeBytes;
      if ((await freeBytes(folder)) < wanted) await makeFree(wanted);
      const free = await freeBytes(folder);
      if (free >= wanted) return;
      const problem = `it needs ${mebibytes(wanted)} and ${folder} has ${mebibytes(free)} free`;
      throw new ConstellationError("host-unfit", `${action}: disk full: ${problem}; free some`);
    },
    async restore(parts) {
      if ((await freeBytes(folder)) >= imageStoreLimits.freeBytes) return;
      for (const part of parts) await rm(partial(part), { force: true });
    },
  };
}

/** What an ordinary process could still write. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** How much of a disk images may take where nobody said. */
export async function defaultMaxBytes(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return Math.min(imageStoreLimits.storeBytes, blocks * bsize * imageStoreLimits.storeShare);
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
