import { readdir, readFile } from "node:fs/promises";
import { codeOf, wrapNodeError } from "../libc/index.ts";

/** ENODEV is what a read from a cgroup gives that was removed since it was opened. */
const absent = new Set(["ENOENT", "ENODEV"]);

export function isAbsent(error: unknown): boolean {
  return absent.has(codeOf(error) ?? "");
}

export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw wrapNodeError(`read ${file}`, error);
  }
}

/** The names of the cgroups directly below one; none when it is gone. */
export async function childrenOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw wrapNodeError(`list cgroups in ${folder}`, error);
  }
}
