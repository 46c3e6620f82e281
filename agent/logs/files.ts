import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** The second name of the file being written; of the one before it, right after that was cut. */
export function heldName(path: string): string {
  return `${path}.0`;
}

/**
 * The file being written is `path`; older ones are `path.1`, `path.2` ... Oldest first, the current one last. Mostly
 * `path.0` is a second name of the current one.
 */
export async function listLogFiles(path: string): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []); // The instance is gone: nothing to read.
  const ages = names.flatMap((one) => {
    const [, age] = one === name ? ["", "-1"] : (/^\.(\d+)$/.exec(one.slice(name.length)) ?? []);
    return one.startsWith(name) && age !== undefined ? [Number(age)] : [];
  });
  return ages.sort((one, other) => other - one).map((age) => (age < 0 ? path : `${path}.${age}`));
}

/** A file and what tells it from others, whatever its name is now. */
export interface LogFile {
  readonly path: string;
  readonly identity: string;
  /** Nanoseconds since 1970. */
  readonly writtenAt: bigint;
}

/** Like `listLogFiles`; undefined when one was renamed or removed while they were looked at: look again. */
export async function identifyFiles(path: string): Promise<LogFile[] | undefined> {
  const found = new Map<string, LogFile>();
  for (const file of await listLogFiles(path)) {
    const seen = await stat(file, { bigint: true }).catch(() => undefined);
    if (seen === undefined) return undefined;
    const identity = identityOf(seen);
    found.set(identity, { path: file, identity, writtenAt: seen.mtimeNs });
  }
  return [...found.values()];
}

/** Undefined when another file has its name by now, or none: rotation came between. */
export async function openIdentified({
  path,
  identity,
}: Pick<LogFile, "path" | "identity">): Promise<FileHandle | undefined> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined || identityOf(await file.stat()) === identity) return file;
  await file.close();
  return undefined;
}

function identityOf({ dev, ino }: { readonly dev: number | bigint; readonly ino: number | bigint }): string {
  return `${dev}:${ino}`;
}
