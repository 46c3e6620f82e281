import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Descriptor, hexOf } from "../../contract/index.ts";

/** Unfinished downloads, as an ImageTransfer names them. */
export interface Partials {
  /** What is still to come of these. */
  lackingBytes(parts: readonly Descriptor[]): Promise<number>;
  drop(parts: readonly Descriptor[]): Promise<void>;
}

export function openPartials(folder: string): Partials {
  const path = ({ digest }: Descriptor) => join(folder, `${hexOf(digest)}.partial`);
  return {
    async lackingBytes(parts) {
      const present = await Promise.all(parts.map((part) => sizeOf(path(part))));
      return parts.reduce((sum, { size }, at) => sum + size - (present[at] ?? 0), 0);
    },
    async drop(parts) {
      for (const part of parts) await rm(path(part), { force: true });
    },
  };
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0, // nothing has come yet
  );
}
