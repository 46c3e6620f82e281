import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programs as folder } from "../lib/places.mjs";

/**
 * dist/bin holds a script a program. They find dist/ from their own place, also through a link,
 * so a copy of dist/ works wherever it is put.
 *
 * @param {readonly import("./programs.mjs").Program[]} programs
 */
export function writeLaunchers(programs) {
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    const draft = join(folder, `${program.name}.${process.pid}`);
    writeFileSync(draft, launcherOf(program), { mode: 0o755 });
    renameSync(draft, join(folder, program.name));
  }
}

/**
 * @param {Pick<import("./programs.mjs").Program, "folder" | "nodeFlags" | "defaults">} program
 * @param {string} [node] below the folder that holds bin/
 */
export function launcherOf({ folder: bundle, nodeFlags, defaults }, node = "node") {
  const exported = Object.entries(defaults).map(
    ([name, path]) => `export ${name}="\${${name}:-$dist/${path}}"`,
  );
  const command = ["exec", `"$dist/${node}"`, ...nodeFlags, `"$dist/${bundle}/main.js"`, '"$@"'].join(" ");
  return ["#!/bin/sh", 'self=$(readlink -f "$0")', `dist=\${self%/bin/*}`, ...exported, command, ""].join(
    "\n",
  );
}
