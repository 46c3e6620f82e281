import { existsSync, lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../lib/run.mjs";
import type { DebianPackage } from "./debian.ts";

/** Packages unpacked, each into a folder of its own, so that a file tells whose it is. */
export interface Unpacked {
  /** @throws Error where the package lacks the path */
  program(packageName: string, path: string): string;
  /** A library by the name that programs ask for. @throws Error where no package has it */
  library(name: string): { readonly file: string; readonly package: DebianPackage };
  /** A package's terms. */
  copyright(packageName: string): string;
}

export function unpackPackages(
  packages: readonly DebianPackage[],
  folder: string,
  triplet: string,
): Unpacked {
  mkdirSync(folder, { recursive: true });
  for (const { name, file } of packages) run("dpkg-deb", ["-x", file, join(folder, name)]);
  const find = (package_: DebianPackage, name: string) =>
    ["lib", "usr/lib"]
      .map((lib) => join(folder, package_.name, lib, triplet, name))
      .find((file) => existsSync(file));
  return {
    program(packageName, path) {
      const file = join(folder, packageName, path);
      if (existsSync(file)) return file;
      throw new Error(`build kit: package ${packageName} has no ${path}; is this Debian 12?`);
    },
    library(name) {
      for (const each of packages) {
        const file = find(each, name);
        if (file !== undefined) return { file, package: each };
      }
      throw new Error(
        `build kit: library ${name}: in none of the packages; add the one to tools/kit/programs.ts`,
      );
    },
    copyright(packageName) {
      const doc = join(folder, packageName, "usr/share/doc", packageName);
      // Packages of one source share a folder, by a link into one of them.
      const owner = lstatSync(doc).isSymbolicLink() ? basename(readlinkSync(doc)) : packageName;
      return join(folder, owner, "usr/share/doc", owner, "copyright");
    },
  };
}
