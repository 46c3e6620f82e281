import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { ConstellationError } from "../../contract/index.ts";

export function readBackupFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConstellationError("invalid", `read backup: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The file itself, past links. A backup takes the place of what is there, so that anything but a file is refused: a
 * device would be gone.
 */
export function backupTarget(path: string): string {
  if (!existsSync(path)) return path;
  const target = realpathSync(path);
  if (statSync(target).isFile()) return target;
  throw unwritable(path, "it is there, and no regular file");
}

/** At once or not at all: a full disk does not cost the backup that was there, nor leaves a part of this one. */
export function writeBackupFile(target: string, content: Buffer): void {
  const unfinished = `${target}.new`;
  try {
    rmSync(unfinished, { force: true }); // Of a run that was killed.
    writeFileSync(unfinished, content, { mode: 0o600, flag: "wx", flush: true });
    renameSync(unfinished, target);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw unwritable(target, (cause as Error).message, cause);
  }
}

function unwritable(path: string, reason: string, cause?: unknown): ConstellationError {
  return new ConstellationError("host-unfit", `write backup ${path}: ${reason}; choose another place`, {
    cause,
  });
}
