import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ConstellationError, type Digest, digestOf, hexOf, limits } from "../../contract/index.ts";

const blobMode = 0o600;
const bringAgain = "upload or pull the image again";

/** Files named by the digest of what they hold. A blob that is there is whole: it was checked and synced before it got its name. */
export interface BlobStore {
  has(digest: Digest): Promise<boolean>;
  /** Like `has`; one that is there counts as new from now on, so that a collection under way leaves it alone. */
  renew(digest: Digest): Promise<boolean>;
  put(digest: Digest, content: Readable): Promise<void>;
  /** Takes a file that was checked against its digest and synced; on the same filesystem. */
  adopt(digest: Digest, file: string): Promise<void>;
  path(digest: Digest): string;
  /** @throws ConstellationError `image-missing` when it is not there. */
  read(digest: Digest, maxBytes: number): Promise<Buffer>;
  open(digest: Digest): Promise<Readable>;
  size(digest: Digest): Promise<number>;
  /** For one that made trouble: reads it whole. @throws ConstellationError `image-missing` when it was damaged; now it is gone. */
  requireSound(digest: Digest): Promise<void>;
  list(): Promise<Digest[]>;
  remove(digest: Digest): Promise<void>;
}

/** @param folder must exist. @param tempFolder on the same filesystem; unfinished uploads stay there after a crash. */
export function openBlobStore(folder: string, tempFolder: string): BlobStore {
  const writing = new Map<Digest, Promise<void>>();
  const path = (digest: Digest) => join(folder, hexOf(digest));
  const size = async (digest: Digest) => (await stat(path(digest)).catch(missing(digest))).size;
  const has = (digest: Digest) => size(digest).then(() => true, ifMissing(false));

  async function write(digest: Digest, content: Readable): Promise<void> {
    const temp = join(tempFolder, randomUUID());
    try {
      const file = await open(temp, "wx", blobMode);
      try {
        await writeChecked(file, digest, content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temp, path(digest));
      await syncFolder(folder);
    } catch (error) {
      // Read to its end: to destroy it would cut the connection before its sender has heard the reason.
      content.resume();
      await rm(temp, { force: true });
      throw wrapFull(error, `store blob ${digest}`, folder);
    }
  }

  /** By the disk, or by a power cut: it is as good as not there. */
  async function removeDamaged(action: string, digest: Digest): Promise<ConstellationError> {
    await rm(path(digest), { force: true });
    return new ConstellationError("image-missing", `${action}: damaged, so removed; ${bringAgain}`);
  }

  return {
    has,
    // A change of the mode, to what it is, sets the time of the last change of status.
    renew: (digest) =>
      chmod(path(digest), blobMode)
        .catch(missing(digest))
        .then(() => true, ifMissing(false)),
    path,
    size,
    async put(digest, content) {
      for (;;) {
        if (await has(digest)) {
          content.resume();
          return;
        }
        const others = writing.get(digest);
        if (others === undefined) break;
        // Another upload of the same bytes: let it finish before reading ours, which is needed only if it fails.
        await others.catch(() => {});
      }
      const ours = write(digest, content).finally(() => writing.delete(digest));
      writing.set(digest, ours);
      return ours;
    },
    async adopt(digest, file) {
      await takeOver(file);
      await rename(file, path(digest));
      await syncFolder(folder);
    },
    async read(digest, maxBytes) {
      const bytes = await size(digest);
      if (bytes > maxBytes)
        throw new ConstellationError(
          "too-large",
          `read blob ${digest}: ${bytes} bytes, at most ${maxBytes} are read`,
        );
      const content = await readFile(path(digest)).catch(missing(digest));
      if (digestOf(content) === digest) return content;
      throw await removeDamaged(`read blob ${digest}`, digest);
    },
    async open(digest) {
      const file = await open(path(digest)).catch(missing(digest));
      return file.createReadStream();
    },
    async requireSound(digest) {
      const hash = createHash("sha256");
      const file = await open(path(digest)).catch(missing(digest));
      for await (const chunk of file.createReadStream()) hash.update(chunk);
      if (hash.digest("hex") !== hexOf(digest)) throw await removeDamaged(`unpack layer ${digest}`, digest);
    },
    async list() {
      return (await readdir(folder)).map((name): Digest => `sha256:${name}`);
    },
    remove: (digest) => rm(path(digest), { force: true }),
  };
}

async function writeChecked(file: FileHandle, digest: Digest, content: Readable): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of content.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > limits.blobBytes) {
      throw new ConstellationError(
        "too-large",
        `store blob ${digest}: over ${limits.blobBytes} bytes; build smaller layers`,
      );
    }
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  const found: Digest = `sha256:${hash.digest("hex")}`;
  if (found !== digest) throw mismatch(`store blob ${digest}`, found);
}

/** Whoever made it had other rights: what it is now is looked at, never a link that it left. */
async function takeOver(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`store ${path}: it is no file`);
    await file.chown(0, 0);
    await file.chmod(blobMode);
  } finally {
    await file.close();
  }
}

/** A full disk is the host's trouble, not the image's. */
export function wrapFull(error: unknown, action: string, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new ConstellationError("host-unfit", `${action}: no space left in ${folder}; free some`, {
    cause: error,
  });
}

export async function syncFolder(folder: string): Promise<void> {
  const file = await open(folder, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function mismatch(action: string, found: Digest): ConstellationError {
  return new ConstellationError(
    "image-invalid",
    `${action}: the content has digest ${found}; upload the image again`,
  );
}

function missing(digest: Digest) {
  return (cause: NodeJS.ErrnoException): never => {
    if (cause.code !== "ENOENT") throw cause;
    throw new ConstellationError("image-missing", `read blob ${digest}: not on this host; ${bringAgain}`, {
      cause,
    });
  };
}

function ifMissing<T>(value: T) {
  return (error: unknown): T => {
    if (error instanceof ConstellationError && error.code === "image-missing") return value;
    throw error;
  };
}
