import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { cache } from "../lib/places.mjs";

/** Node alone: 42 MB in 1 s at level 3, 38 in 4 s at 10, 33 in 87 s at 19. It is packed once, and sent to every host. */
const level = 10;

/** Packs a file once for all clones. @returns the packed one, named by the content's digest. */
export async function packFile(file: string, sha256: string): Promise<string> {
  const folder = join(cache, "kit", `packed-${level}`);
  const packed = join(folder, `${sha256}.zst`);
  if (existsSync(packed)) return packed;
  mkdirSync(folder, { recursive: true });
  const draft = `${packed}.${process.pid}`;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  await pipeline(createReadStream(file), createZstdCompress({ params }), createWriteStream(draft));
  renameSync(draft, packed);
  return packed;
}

/** A hard link costs no space; across file systems it is a copy. */
export function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target); // another file system, or one without hard links
  }
}
