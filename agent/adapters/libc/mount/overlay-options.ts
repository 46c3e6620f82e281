import { closeSync, constants, openSync } from "node:fs";
import { AdapterError, wrapNodeError } from "../error.ts";
import type { OverlayMount } from "./types.ts";

const O_PATH = 0o10000000;
/** mount(2) takes one page of options, with its closing zero. */
const maxOptionBytes = 4095;
/** A comma or colon would end the path; a backslash starts an escape that mount(2) and fsconfig(2) read differently. */
const needsEscape = /[,:\\]/;

/**
 * Runs `use` with the option string of an overlay mount.
 * Many layers with long paths pass the kernel's one page of options. A process cannot change folder to shorten them
 * (Node's threads share it) and `lowerdir+` needs Linux 6.8, so where the plain string is too long, or a path holds a
 * character with a meaning there, each folder is opened and named by its descriptor, `/proc/PID/fd/N`: about 20 bytes,
 * 200 layers, on every kernel, with nothing left on disk. The kernel resolves them while it mounts.
 */
export async function withOverlayOptions(
  { lowerdirs, writable, target }: OverlayMount,
  use: (options: string) => void | Promise<void>,
): Promise<void> {
  const paths = [...lowerdirs, ...(writable ? [writable.upper, writable.work] : [])];
  const plain = overlayOptions(paths, writable !== undefined);
  if (fits(plain) && !paths.some((path) => needsEscape.test(path))) return use(plain);

  const fds: number[] = [];
  try {
    for (const path of paths) fds.push(openLayer(path, target));
    const short = overlayOptions(
      fds.map((fd) => `/proc/${process.pid}/fd/${fd}`),
      writable !== undefined,
    );
    if (!fits(short)) {
      const reason = `${lowerdirs.length} layers are too many; squash the image to fewer`;
      throw new AdapterError(`mount overlay ${target}`, "E2BIG", reason);
    }
    await use(short);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function openLayer(path: string, target: string): number {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    throw wrapNodeError(`mount overlay ${target}: open layer ${path}`, error);
  }
}

function overlayOptions(paths: readonly string[], hasWritable: boolean): string {
  if (!hasWritable) return `lowerdir=${paths.join(":")}`;
  const [upper, work] = paths.slice(-2);
  return `lowerdir=${paths.slice(0, -2).join(":")},upperdir=${upper},workdir=${work}`;
}

function fits(options: string): boolean {
  return Buffer.byteLength(options) <= maxOptionBytes;
}
