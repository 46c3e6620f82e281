import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** The file being written is `path`; older ones are `path.1`, `path.2` ... Oldest first, the current one last. */
export async function listLogFiles(path: string): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []); // The instance is gone: nothing to read.
  const ages = names.flatMap((one) => {
    const [, age] = one === name ? ["", "0"] : (/^\.(\d+)$/.exec(one.slice(name.length)) ?? []);
    return one.startsWith(name) && age !== undefined ? [Number(age)] : [];
  });
  return ages.sort((one, other) => other - one).map((age) => (age === 0 ? path : `${path}.${age}`));
}

/** Undefined when it is not there (any more): rotation may take it away between two calls. */
export async function openLogFile(path: string): Promise<FileHandle | undefined> {
  return await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Tells a file whatever its name is now. */
export async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined); // Rotated away meanwhile.
  return found && `${found.dev}:${found.ino}`;
}
