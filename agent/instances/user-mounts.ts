import { mkdir, stat } from "node:fs/promises";
import { ConstellationError } from "../../contract/index.ts";
import type { ContainerMount } from "./types.ts";
import { bytes, type Workload } from "./workload.ts";

/** The mounts the user wrote. Makes host folders where asked to; throws `invalid` for one that is not there. */
export async function userMounts({ mounts }: Workload, host: string): Promise<ContainerMount[]> {
  const made: ContainerMount[] = [];
  for (const { target, tmpfs, hostPath, readOnly } of mounts ?? []) {
    if (tmpfs) made.push({ kind: "tmpfs", target, sizeBytes: bytes(tmpfs.size), mode: tmpfs.mode, readOnly });
    if (hostPath) {
      if (hostPath.create) await mkdir(hostPath.path, { recursive: true });
      await expectThere(hostPath.path, target, host);
      made.push({ kind: "bind", source: hostPath.path, target, readOnly });
    }
  }
  return made;
}

async function expectThere(path: string, target: string, host: string): Promise<void> {
  try {
    await stat(path);
  } catch (cause) {
    const message = `mount ${target}: host ${host} has no ${path}; create it there, or set \`hostPath.create\``;
    throw new ConstellationError("invalid", message, { cause });
  }
}
