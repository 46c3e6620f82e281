import { mkdir, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { isWithin } from "../lib/is-within.ts";
import type { ContainerMount } from "./types.ts";
import { bytes, type Workload } from "./workload.ts";

export interface MountHost {
  readonly name: string;
  /** Folders that no instance gets to see, nor anything that holds them. */
  readonly closed: readonly string[];
}

/**
 * The mounts the user wrote. Makes host folders where asked to; throws `invalid` for one that is not there, and for one
 * that is the agent's own by whatever path.
 */
export async function userMounts({ mounts }: Workload, host: MountHost): Promise<ContainerMount[]> {
  const made: ContainerMount[] = [];
  for (const { target, tmpfs, hostPath, readOnly } of mounts ?? []) {
    if (tmpfs) made.push({ kind: "tmpfs", target, sizeBytes: bytes(tmpfs.size), mode: tmpfs.mode, readOnly });
    if (hostPath) {
      const source = await sourceOf(hostPath, target, host);
      made.push({ kind: "bind", source, target, readOnly });
    }
  }
  return made;
}

/** Without links, so that what was looked at is what is mounted. */
async function sourceOf(
  { path, create }: { readonly path: string; readonly create: boolean },
  target: string,
  host: MountHost,
): Promise<string> {
  const closed = Promise.all(host.closed.map((folder) => realpath(folder)));
  const refuse = (folder: string | undefined) => {
    if (folder === undefined) return;
    const what = path === folder ? "is the agent's own" : `leads to the agent's own ${folder}`;
    const message = `mount ${target}: ${path} on host ${host.name} ${what}; mount a folder that has none of it`;
    throw new ConstellationError("invalid", message);
  };
  if (create) {
    const nearest = await realpathOfNearest(path);
    refuse((await closed).find((folder) => isWithin(nearest, folder)));
    await mkdir(path, { recursive: true });
  }
  // All at once: each look has a turn of its own through the thread pool.
  const [own, source] = await Promise.all([closed, whereIs(path, target, host.name)]);
  refuse(own.find((folder) => isWithin(source, folder) || isWithin(folder, source)));
  return source;
}

async function whereIs(path: string, target: string, host: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const message = `mount ${target}: host ${host} has no ${path}; create it there, or set \`hostPath.create\``;
    throw new ConstellationError("invalid", message, { cause });
  }
}

/** Of the folder itself or of the first one above it that is there. */
async function realpathOfNearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return await realpathOfNearest(dirname(path)); // `/` is always there.
  }
}
