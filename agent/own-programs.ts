import { join } from "node:path";
import { findProgram } from "./lib/find-program.ts";

/**
 * The path of a program of ours: in the kit or on the PATH, else where this repository is built: this file is in
 * agent/, or bundled in dist/agent/. Throws `host-unfit`.
 */
export function findOwnProgram(name: string): string {
  const nearby = ["../bin", "../dist/bin"].map((folder) => join(import.meta.dirname, folder));
  return findProgram([name], process.env, nearby);
}
