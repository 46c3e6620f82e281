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

/** A file and what tells it from others, whatever its name is now. */
export interface LogFile {
  readonly path: string;
  readonly identity: string;
}

/** Like `listLogFiles`; undefined when one was renamed or removed while they were looked at: look again. */
export async function identifyFiles(path: string): Promise<LogFile[] | undefined> {
  const found = new Map<string, LogFile>();
  for (const file of await listLogFiles(path)) {
    const seen = await stat(file).catch(() => undefined);
    if (seen === undefined) return undefined;
    found.set(identityOf(seen), { path: file, identity: identityOf(seen) });
  }
  return [...found.values()];
}

/** Undefined when another file has its name by now, or none: rotation came between. */
export async function openIdentified({ path, identity }: LogFile): Promise<FileHandle | undefined> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined || identityOf(await file.stat()) === identity) return file;
  await file.close();
  return undefined;
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}
