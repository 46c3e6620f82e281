import { join } from "node:path";
import type { Inside } from "./machine.ts";

/** A fault that lasts until it is ended, or its machine is. */
export interface Fault extends AsyncDisposable {
  end(): Promise<void>;
}

/** Leaves so many bytes free on the disk of a folder. */
export async function fillDisk(machine: Inside, folder: string, leftBytes: number): Promise<Fault> {
  const hog = join(folder, "hog");
  // Somebody else may write between the look and the allocation, and a file system wants some room for its notes on the file.
  const attempt =
    'free=$(df --output=avail -B1 "$1" | tail -1) && fallocate -l $((free - $3 - try * 65536)) "$2"';
  const script = `for try in 0 1 2 3 4 5 6 7 8 9; do ${attempt} && exit 0; rm -f "$2"; done; exit 1`;
  await machine.output(["sh", "-c", script, "sh", folder, hog, String(leftBytes)]);
  return fault(async () => void (await machine.output(["rm", "-f", hog])));
}

/** Keeps so many processors busy. */
export async function hogCpu(machine: Inside, count: number): Promise<Fault> {
  const hogs = await Promise.all(
    Array.from({ length: count }, async () => await machine.spawn(["sh", "-c", "while :; do :; done"])),
  );
  return fault(async () => {
    for (const hog of hogs) hog.kill("SIGKILL");
    await Promise.all(hogs.map(({ exited }) => exited));
  });
}

export const fault = (end: () => Promise<void>): Fault => ({ end, [Symbol.asyncDispose]: end });
