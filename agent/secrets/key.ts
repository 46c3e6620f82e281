import { hkdfSync, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { syncToDisk } from "../lib/sync-to-disk.ts";

const keyBytes = 32;

/** Two keys derived from one file: a digest tells nothing about the sealing key. */
export interface SecretKeys {
  readonly sealing: Buffer;
  readonly digest: Buffer;
}

/**
 * Reads the key, or makes it where nothing was sealed yet; mode 0600, on disk before it is used.
 * Throws `host-unfit` where it is lost or damaged: another one opens nothing of what the store holds.
 */
export function loadSecretKeys(path: string, { isFirstUse }: { readonly isFirstUse: boolean }): SecretKeys {
  if (!existsSync(path)) {
    if (!isFirstUse)
      throw new ConstellationError("host-unfit", `read ${path}: it is gone; restore it from a backup`);
    write(path, randomBytes(keyBytes));
  }
  const master = readFileSync(path);
  if (master.length !== keyBytes) {
    throw new ConstellationError(
      "host-unfit",
      `read ${path}: ${master.length} bytes, not ${keyBytes}; restore it from a backup`,
    );
  }
  return { sealing: derive(master, "seal"), digest: derive(master, "digest") };
}

function derive(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "", `constellation/secrets/${purpose}/1`, keyBytes));
}

function write(path: string, key: Buffer): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  // The name, too: without the key, what the store has on disk by then is lost.
  syncToDisk(dirname(path));
}
