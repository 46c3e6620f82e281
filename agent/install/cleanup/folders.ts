import { lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { foldersOf, holderOf, markerName } from "../folders.ts";
import { mountsBelow } from "../mountinfo.ts";
import type { CleanupStep } from "../types.ts";

/** The agent's folders, by their marker; an unmarked one is somebody else's. */
export const folders: CleanupStep = {
  kind: "folder",
  async find(paths) {
    return foldersOf(paths)
      .map(({ path }) => path)
      .filter((path) => holderOf(path, paths.id) === "us");
  },
  async remove(folder) {
    const [mount] = mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), [folder]);
    if (mount !== undefined)
      throw new Error(`delete folder ${folder}: ${mount} is mounted; unmount it first`);
    removeMarked(folder);
  },
};

/** The marker goes last, so that an interrupted removal can be taken up again. */
function removeMarked(folder: string): void {
  const { dev } = lstatSync(folder);
  for (const name of readdirSync(folder)) {
    if (name !== markerName) removeTree(join(folder, name), dev);
  }
  unlinkSync(join(folder, markerName));
  try {
    rmdirSync(folder);
  } catch (error) {
    // A disk that somebody mounted for us stays, empty.
    if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
  }
}

/** Links are removed, never followed; a folder on another file system is refused. */
function removeTree(path: string, device: number): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlinkSync(path);
    return;
  }
  if (stat.dev !== device)
    throw new Error(`delete folder ${path}: it is on another file system; unmount it first`);
  for (const name of readdirSync(path)) removeTree(join(path, name), device);
  rmdirSync(path);
}
