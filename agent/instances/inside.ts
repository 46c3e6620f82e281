import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { instanceLimits } from "./limits.ts";

/**
 * Reads a text file of a root file system as the container would see it: links lead to places inside, never out of it.
 * Only for roots in which nothing runs: a process in there could swap a link while it is followed.
 * Undefined when it is no file, too large or not there.
 */
export function readInside(root: string, path: string): string | undefined {
  const place = resolveInside(root, path);
  if (place === undefined) return undefined;
  let file: number;
  try {
    // A pipe in its place shall not block.
    file = openSync(join(root, place), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined; // Not there, or not to be opened: to the caller the same.
  }
  try {
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile() || size > instanceLimits.userFileBytes) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(file, bytes)).toString("utf8");
  } finally {
    closeSync(file);
  }
}

/** The path without links, absolute within the root; undefined past the bound on links. */
function resolveInside(root: string, path: string): string | undefined {
  const waiting = path.split("/").reverse();
  let place = "/";
  let links = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const here = normalize(join(place, name));
    const target = linkTarget(join(root, here));
    if (target === undefined) {
      place = here;
      continue;
    }
    if (++links > instanceLimits.symbolicLinks) return undefined;
    place = target.startsWith("/") ? "/" : dirname(here);
    waiting.push(...target.split("/").reverse());
  }
  return place;
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
