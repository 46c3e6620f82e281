import { statfs } from "node:fs/promises";
import { ConstellationError } from "../../contract/index.ts";
import { imageStoreLimits } from "./limits.ts";

/** The disk that images lie on. */
export interface Room {
  /** @throws ConstellationError `host-unfit` where these bytes cannot fit, even once unused images are gone. */
  require(action: string, bytes: number): Promise<void>;
  /** Removes unused images until these bytes fit, as far as it can. */
  makeFree(bytes: number): Promise<void>;
  isFull(): Promise<boolean>;
}

/** @param collect removes unused images until so many bytes of the disk are free, as far as it can. */
export function watchRoom(folder: string, collect: (freeBytes: number) => Promise<void>): Room {
  const { freeBytes: reserve } = imageStoreLimits;
  const makeFree = async (bytes: number) => {
    if ((await freeBytes(folder)) < bytes + reserve) await collect(bytes + reserve);
  };
  return {
    async require(action, bytes) {
      await makeFree(bytes);
      const free = await freeBytes(folder);
      if (free >= bytes + reserve) return;
      const problem = `it needs ${mebibytes(bytes + reserve)} and ${folder} has ${mebibytes(free)} free`;
      throw new ConstellationError("host-unfit", `${action}: disk full: ${problem}; free some`);
    },
    makeFree,
    isFull: async () => (await freeBytes(folder)) < reserve,
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

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
