import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, hexOf } from "../../contract/index.ts";

/** When each image was last used, by the time of an empty file, so that a restart forgets nothing. */
export interface Usage {
  /** Used now. */
  note(imageDigest: Digest): Promise<void>;
  /** In milliseconds since 1970. */
  list(): Promise<ReadonlyMap<Digest, number>>;
  forget(imageDigest: Digest): Promise<void>;
}

/** A file is touched no more often than this: many instances of one image may start at once. */
const noteEveryMs = 60_000;

export function openUsage(folder: string): Usage {
  const noted = new Map<Digest, number>();
  const path = (digest: Digest) => join(folder, hexOf(digest));
  return {
    async note(digest) {
      const now = new Date();
      if (now.getTime() - (noted.get(digest) ?? 0) < noteEveryMs) return;
      noted.set(digest, now.getTime());
      await utimes(path(digest), now, now).catch(() => writeFile(path(digest), "", { mode: 0o600 }));
    },
    async list() {
      const times = new Map<Digest, number>();
      for (const name of await readdir(folder))
        times.set(`sha256:${name}`, (await stat(join(folder, name))).mtimeMs);
      return times;
    },
    async forget(digest) {
      noted.delete(digest);
      await rm(path(digest), { force: true });
    },
  };
}
