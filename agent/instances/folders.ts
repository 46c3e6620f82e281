import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, statfsSync, statSync } from "node:fs";
import { instanceLimits } from "./limits.ts";
import type { Folders } from "./places.ts";
import type { Mounts } from "./types.ts";

const tmpfsMagic = 0x01021994;

/** Makes both folders, open to root alone, and sees to it that the passing one is in memory. Repeatable. */
export async function makeFolders({ state, runtime }: Folders, mounts: Pick<Mounts, "tmpfs">): Promise<void> {
  for (const folder of [state, runtime]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statfsSync(runtime).type !== tmpfsMagic) {
    await mounts.tmpfs({ target: runtime, sizeBytes: instanceLimits.runtimeBytes, mode: 0o700 });
  }
  chmodSync(runtime, 0o700);
}

/**
 * Makes the folder that takes what an instance writes: overlayfs shows its mode and owner as those of `/`, so they are
 * the image's. One that is there keeps what the instance made of it.
 */
export function makeUpper(upper: string, topmost: string): void {
  if (existsSync(upper)) return;
  const { mode, uid, gid } = statSync(topmost);
  const unfinished = `${upper}.new`;
  mkdirSync(unfinished, { recursive: true });
  chownSync(unfinished, uid, gid);
  chmodSync(unfinished, mode & 0o7777);
  renameSync(unfinished, upper);
}
