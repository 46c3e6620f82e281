import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";

/**
 * Makes a folder that appears at once and complete, so that clones which set up at the same time never see half of it.
 *
 * @param {string} folder
 * @param {(draft: string) => void} fill
 */
export function makeFolder(folder, fill) {
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    fill(draft);
    if (!existsSync(folder)) renameSync(draft, folder); // else another clone was faster
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
