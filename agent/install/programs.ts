import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const limits = { timeoutMs: 10_000, outputBytes: 16 * 1024 * 1024 };
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Runs a program to its end; its standard output. Rejects with the program's own words. */
export function run(program: string, args: readonly string[]): Promise<string> {
  const options = {
    timeout: limits.timeoutMs,
    maxBuffer: limits.outputBytes,
    env: { ...process.env, LC_ALL: "C", PATH: programFolders().join(delimiter) },
  };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const reason = stderr.trim() || error.message;
      reject(new Error(`run ${program} ${args.slice(0, 2).join(" ")}: ${reason}`, { cause: error }));
    });
  });
}

/**
 * Where programs are looked for, in order: the given folders (default: the kit's), PATH, and the system's, which PATH of
 * a plain user lacks.
 */
export function programFolders(first: readonly string[] = kitFolders()): string[] {
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...new Set([...first, ...path, ...systemFolders])];
}

/** The folders of the kit in `CONSTELLATION_KIT`, if there is one. */
export function kitFolders(): string[] {
  const kit = process.env.CONSTELLATION_KIT;
  return kit ? [join(kit, "bin"), kit] : [];
}

export function isProgramIn(folders: readonly string[], name: string): boolean {
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: either way not the one
  }
}
