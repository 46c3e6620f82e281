import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";

/** Fills a folder that is empty or does not exist; refuses any other. */
export function writeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) throw refused(folder, "it is a file; choose another name");
  if (found !== undefined && readdirSync(folder).length > 0)
    throw refused(folder, "it is not empty; choose another folder, nothing was written");
  try {
    mkdirSync(folder, { recursive: true });
    // `wx`: somebody else's file that appears meanwhile is not ours to replace either.
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), content, { flag: "wx" });
  } catch (cause) {
    throw refused(folder, (cause as Error).message, cause);
  }
}

function refused(folder: string, reason: string, cause?: unknown): ConstellationError {
  return new ConstellationError("invalid", `write program: ${folder}: ${reason}`, { cause });
}
