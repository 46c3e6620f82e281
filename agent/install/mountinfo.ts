import { realpathSync } from "node:fs";

/** One line of /proc/PID/mountinfo (proc(5)), in the order of mounting. */
export interface Mount {
  readonly path: string;
  readonly fsType: string;
  readonly superOptions: readonly string[];
}

export function parseMountinfo(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [front = "", back] = line.split(" - ");
    const path = front.split(" ")[4];
    if (path === undefined || back === undefined) return [];
    const [fsType = "", , superOptions = ""] = back.split(" ");
    return [{ path: unescapePath(path), fsType, superOptions: superOptions.split(",") }];
  });
}

/** The mounts strictly below these folders, the last mounted first: the order to unmount in. */
export function mountsBelow(text: string, folders: readonly string[]): string[] {
  const real = folders.map(resolveFolder);
  return parseMountinfo(text)
    .map(({ path }) => path)
    .filter((path) => real.some((folder) => path.startsWith(`${folder}/`)))
    .reverse();
}

/** Cgroup hierarchies; `controllers` is empty for v2 and for named ones. */
export function cgroupTrees(text: string): { path: string; controllers: string[] }[] {
  return parseMountinfo(text)
    .filter(({ fsType }) => fsType === "cgroup" || fsType === "cgroup2")
    .map(({ path, fsType, superOptions }) => {
      const isNamed = superOptions.some((option) => option.startsWith("name="));
      return { path, controllers: fsType === "cgroup" && !isNamed ? [...superOptions] : [] };
    });
}

/** mountinfo shows paths without symbolic links. */
function resolveFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder; // it does not exist, so nothing is mounted below it
  }
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
