import { closeSync } from "node:fs";
import { errnoError } from "../error.ts";
import type { Libc } from "../functions.ts";

const O_CLOEXEC = 0o2000000;

export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/** A pipe whose ends no child inherits unless they are named for it. Throws EMFILE, ENFILE. */
export function openPipe(libc: Libc): Pipe {
  const ends = new Int32Array(2);
  if (libc.pipe2(ends, O_CLOEXEC) !== 0) throw errnoError("open pipe", libc.errno());
  return { readFd: ends[0] as number, writeFd: ends[1] as number };
}

export function closeAll(fds: Iterable<number>): void {
  for (const fd of fds) closeSync(fd);
}
