import { statfsSync } from "node:fs";

export const diskLimits = {
  /** Less, in bytes, and the disk is full: a store's next log alone takes as much. */
  fullBytes: 64 * 1024 ** 2,
  /** From so much on it has room again. */
  roomBytes: 128 * 1024 ** 2,
  /** Between two looks, in milliseconds. */
  lookMs: 500,
  /** Between two tries to make room. */
  makeRoomMs: 60_000,
} as const;

export interface OwnDiskOptions {
  /** What an ordinary process could still write, in bytes; throws where nobody can tell. */
  readonly freeBytes: () => number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  /** It is full: so many bytes should be free. */
  readonly makeRoom: (bytes: number) => void;
}

/** Whether this machine's disk is full, by a look that is not older than a moment: then nothing new is to come here. */
export function watchOwnDisk({ freeBytes, clock, makeRoom }: OwnDiskOptions): () => boolean {
  let isFull = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock();
    if (now - lookedAt < diskLimits.lookMs) return isFull;
    lookedAt = now;
    isFull = hasLess(freeBytes, isFull ? diskLimits.roomBytes : diskLimits.fullBytes);
    if (isFull && now - triedAt >= diskLimits.makeRoomMs) {
      triedAt = now;
      makeRoom(diskLimits.roomBytes);
    }
    return isFull;
  };
}

/** On the disk of this folder. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function hasLess(freeBytes: () => number, bytes: number): boolean {
  try {
    return freeBytes() < bytes;
  } catch {
    return false; // Its folder is gone: there is other trouble than too little room.
  }
}
