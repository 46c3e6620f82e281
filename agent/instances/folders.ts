import { chmodSync, mkdirSync, rmSync, statfsSync } from "node:fs";
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

/** For the end of a host's life, when no instance is left. */
export async function removeFolders(
  { state, runtime }: Folders,
  mounts: Pick<Mounts, "unmount">,
): Promise<void> {
  await mounts.unmount(runtime);
  for (const folder of [state, runtime]) rmSync(folder, { recursive: true, force: true });
}
