import { readFile } from "node:fs/promises";
import { wrapNodeError } from "../error.ts";

export interface MountEntry {
  readonly target: string;
  /** The filesystem: `overlay`, `tmpfs`, `nsfs`, `ext4` ... */
  readonly type: string;
  readonly access: "read-write" | "read-only";
}

/** The mounts at and below a folder in the agent's mount namespace, innermost last: unmount them in reverse order. */
export async function listMountsBelow(folder: string): Promise<MountEntry[]> {
  try {
    const prefix = folder.endsWith("/") ? folder : `${folder}/`;
    return parseMountinfo(await readFile("/proc/self/mountinfo", "utf8")).filter(
      ({ target }) => target === folder || target.startsWith(prefix),
    );
  } catch (error) {
    throw wrapNodeError("list mounts", error);
  }
}

/** proc(5), mountinfo: field 5 is the mount point, 6 its options; after a ` - ` comes the filesystem's type. */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [target, options] = before?.split(" ").slice(4, 6) ?? [];
    const type = after?.split(" ", 1)[0];
    if (target === undefined || options === undefined || type === undefined) return [];
    const access = options.split(",").includes("ro") ? ("read-only" as const) : ("read-write" as const);
    return [{ target: unescapeOctal(target), type, access }];
  });
}

/** Blanks, tabs, line ends and backslashes in paths are written as \\ and three octal digits. */
function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
