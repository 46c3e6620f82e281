import { existsSync } from "node:fs";
import { join } from "node:path";
import type { KitArch } from "../../provider/kit/index.ts";
import { fingerprint } from "../lib/hash.mjs";
import { withLock } from "../lib/lock.ts";
import { dist } from "../lib/places.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";
import { type BuildOptions, buildKit } from "./build.ts";

/** What a kit is made of, but for the packages: those stay as they are until newer ones are asked for. */
const inputs = [
  "agent/guard",
  "agent/receiver",
  "agent/registry",
  "dist/agent",
  "dist/cli",
  "provider/kit",
  "tools/build",
  "tools/go/etcd",
  "tools/kit",
  "package.json",
  "package-lock.json",
];

type EnsureOptions = Pick<BuildOptions, "isFresh" | "report">;

/** Builds dist/kit/ARCH where it is absent or older than what it is made of. @returns a line about it */
export async function ensureKit(arch: KitArch, options: EnsureOptions = {}): Promise<string> {
  let line = "";
  await withLock(join(dist, `kit-${arch}.lock`), async () => {
    line = await ensure(arch, options);
  });
  return line;
}

async function ensure(arch: KitArch, options: EnsureOptions): Promise<string> {
  const print = fingerprint(inputs, [arch, process.version]);
  const folder = join(dist, "kit", arch);
  if (!options.isFresh && existsSync(folder) && isStamped(`kit-${arch}`, print))
    return `kit ${arch}: up to date`;
  const start = performance.now();
  const { digest, manifest, packedBytes } = await buildKit(arch, options);
  stamp(`kit-${arch}`, print);
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  const sizes = `${manifest.files.length} files, ${mib(bytes)}, ${mib(packedBytes)} packed`;
  return `kit ${arch} ${digest}: ${sizes}; ${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}
