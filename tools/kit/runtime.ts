import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kitRoot } from "../../provider/kit/index.ts";
import type { DebianPackage } from "./debian.ts";
import { neededBy, requireNoOwnPath } from "./elf.ts";
import type { Unpacked } from "./packages.ts";
import type { Platform } from "./platform.ts";

/** The loader and every library that some programs need. */
export interface Runtime {
  /** Its folder on a host. Named by its content: programs hold that path, and change only when it does. */
  readonly folder: string;
  readonly packages: readonly DebianPackage[];
}

/** Fills `<stage>/runtime/NAME`. @param programs their files, as their makers built them. */
export function stageRuntime(
  programs: readonly string[],
  unpacked: Unpacked,
  platform: Platform,
  stage: string,
): Runtime {
  const libraries = closure(programs, unpacked, platform);
  const names = [...libraries.keys()].sort();
  const fileOf = (name: string) => libraries.get(name)?.file ?? "";
  const content = names.map((name) => `${name} ${sha256(fileOf(name))}\n`).join("");
  const name = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const folder = join(stage, "runtime", name);
  mkdirSync(folder, { recursive: true });
  for (const library of names) {
    copyFileSync(fileOf(library), join(folder, library));
    // A loader is executed.
    chmodSync(join(folder, library), library === platform.loader ? 0o755 : 0o644);
  }
  return {
    folder: `${kitRoot}/runtime/${name}`,
    packages: [...new Set([...libraries.values()].map((library) => library.package))],
  };
}

function closure(programs: readonly string[], unpacked: Unpacked, platform: Platform) {
  const found = new Map([[platform.loader, unpacked.library(platform.loader)]]);
  const open = programs.flatMap(neededBy);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const library = unpacked.library(name);
    found.set(name, library);
    requireNoOwnPath(library.file);
    open.push(...neededBy(library.file));
  }
  return found;
}

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
