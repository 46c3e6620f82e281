import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KitArch } from "../../provider/kit/index.ts";
import { withLock } from "../lib/lock.ts";
import { cache } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly file: string;
}

/**
 * Downloads packages and all they depend on, for any processor: apt works in folders of its own, where nothing is
 * installed, with this machine's sources and keys. Versions are those of the lists as they were first fetched.
 *
 * @param isFresh fetches the lists again
 */
export async function downloadPackages(
  arch: KitArch,
  names: readonly string[],
  isFresh: boolean,
): Promise<DebianPackage[]> {
  const root = join(cache, "kit", "apt", arch);
  const archives = join(root, "cache", "archives");
  for (const folder of [join(root, "state", "lists", "partial"), join(archives, "partial")]) {
    mkdirSync(folder, { recursive: true });
  }
  const status = join(root, "status");
  if (!existsSync(status)) writeFileSync(status, "");
  const settings = {
    "APT::Architecture": arch,
    "APT::Architectures": arch,
    "APT::Install-Recommends": "false",
    // Its unprivileged user cannot write here.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Dir::State": join(root, "state"),
    "Dir::State::status": status,
    "Dir::Cache": join(root, "cache"),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (...args: string[]) => run("apt-get", ["-q", "-y", ...options, ...args]);
  const install = () => {
    apt("install", "--download-only", ...names);
    return apt("install", "--simulate", ...names);
  };
  const lists = () => apt("update");
  let packages: DebianPackage[] = [];
  // Clones share the folders, and apt does not wait for itself.
  await withLock(`${root}.lock`, async () => {
    if (isFresh) lists();
    packages = parseList(orElse(install, lists));
  });
  return packages.map((found) => ({ ...found, file: join(archives, found.file) }));
}

/** Lists are absent at first, and later name files that are gone; a real reason comes again. */
function orElse<Result>(attempt: () => Result, repair: () => void): Result {
  try {
    return attempt();
  } catch {
    repair();
    return attempt();
  }
}

/** Lines like `Inst crun (1.8.1-1 Debian:12.11/stable [arm64])`; apt escapes colons in names of files. */
export function parseList(text: string): DebianPackage[] {
  return [...text.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)]
    .map(([, name = "", version = "", arch = ""]) => {
      return { name, version, file: `${name}_${version.replaceAll(":", "%3a")}_${arch}.deb` };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
