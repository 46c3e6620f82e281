import { chmodSync, copyFileSync } from "node:fs";
import { run } from "../lib/run.mjs";
import type { Platform } from "./platform.ts";

/** The libraries that a program or library names. */
export function neededBy(file: string): string[] {
  return run("patchelf", ["--print-needed", file]).split("\n").filter(Boolean);
}

/**
 * Libraries stay as they are: those that a library names are sought where its program says, as long as the library
 * does not say otherwise.
 */
export function requireNoOwnPath(library: string): void {
  const path = run("patchelf", ["--print-rpath", library]).trim();
  if (path !== "")
    throw new Error(`build kit: ${library} seeks its libraries in ${path}; it needs a path of its own`);
}

/**
 * Copies a program so that it takes its loader and all libraries from one folder, whatever the machine has.
 * RPATH rather than RUNPATH: the latter does not reach what libraries name in turn.
 *
 * @param runtime the folder's path on the host
 */
export function bindProgram(source: string, target: string, runtime: string, platform: Platform): void {
  copyFileSync(source, target);
  chmodSync(target, 0o755);
  const loader = ["--set-interpreter", `${runtime}/${platform.loader}`];
  const libraries = ["--force-rpath", "--set-rpath", runtime];
  run("patchelf", ["--page-size", String(platform.pageBytes), ...loader, ...libraries, target]);
}
