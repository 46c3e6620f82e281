import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  formatReference,
  type LocalImage,
  type LocalReference,
  openLocalImage,
} from "../../contract/index.ts";

/**
 * Opens each local image once for as long as its index (of a layout) or its file (of an archive) is the same: an
 * engine asks for it once a resource, and an archive's layers are hashed to know its digest.
 */
export function createSeenImages(
  baseDir: string,
  open: typeof openLocalImage = openLocalImage,
): (reference: LocalReference) => Promise<LocalImage> {
  const seen = new Map<string, { readonly identity: string; readonly image: Promise<LocalImage> }>();
  return (reference) => {
    const identity = identityOf(reference, baseDir);
    if (identity === undefined) return open(reference, baseDir);
    const key = formatReference(reference);
    const known = seen.get(key);
    if (known?.identity === identity) return known.image;
    const entry = { identity, image: open(reference, baseDir) };
    seen.set(key, entry);
    // What could not be opened may be mended without a change of this very file.
    entry.image.catch(() => seen.get(key) === entry && seen.delete(key));
    return entry.image;
  };
}

/** What tells a file from the one that was written over it; undefined where there is none. */
function identityOf({ kind, path }: LocalReference, baseDir: string): string | undefined {
  const file = kind === "oci" ? join(path, "index.json") : path;
  const found = statSync(resolve(baseDir, file), { bigint: true, throwIfNoEntry: false });
  return found && [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}
