import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { root } from "./places.mjs";

const shownLines = { first: 12, last: 20 };
const outputLimitBytes = 64 << 20;

/**
 * Runs a program to its end and returns what it wrote to stdout. Its output is shown only when it fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @throws {Error} `program first-argument: reason`, followed by the ends of its output
 */
export function run(program, args, { cwd = root, env = process.env, timeoutMs = 30 * 60_000 } = {}) {
  const done = spawnSync(program, args, {
    cwd,
    env,
    timeout: timeoutMs,
    maxBuffer: outputLimitBytes,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.error === undefined && done.status === 0) return done.stdout;
  const reason = done.error?.message ?? (done.signal === null ? `exit code ${done.status}` : done.signal);
  const output = excerpt(`${done.stdout ?? ""}${done.stderr ?? ""}`.trimEnd().split("\n"));
  throw new Error([`${program} ${args[0] ?? ""}: ${reason}`, ...output].join("\n  "));
}

/** Some programs say what is wrong first, others last. @param {readonly string[]} lines */
function excerpt(lines) {
  const { first, last } = shownLines;
  return lines.length <= first + last ? lines : [...lines.slice(0, first), "...", ...lines.slice(-last)];
}

/** System folders that a login shell of a plain user leaves out. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * The first program of that name on PATH or in the system folders.
 *
 * @param {string} name
 * @param {readonly string[]} [besides] folders not to look in
 */
export function findProgram(name, besides = []) {
  const folders = [...(process.env.PATH ?? "").split(":"), ...systemFolders];
  return folders
    .filter((folder) => folder !== "" && !besides.includes(folder))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // absent and unreadable mean the same here
  }
}
