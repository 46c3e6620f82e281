import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./places.mjs";

/**
 * Fingerprint of files and folders (names and contents), 16 hex digits; what does not exist is left out.
 *
 * @param {readonly string[]} paths relative to the clone's root
 * @param {readonly string[]} [facts] further text that the result depends on
 */
export function fingerprint(paths, facts = []) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesUnder(join(root, path)))) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  for (const fact of facts) hash.update(`${fact}\0`);
  return hash.digest("hex").slice(0, 16);
}

/** What is made from sources, below which nothing is a source. */
const skipped = new Set(["node_modules", "bin"]);

/**
 * Sorted, so that the order in which a folder lists its files never matters.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  if (!entry.isDirectory()) return [path];
  const inside = readdirSync(path).filter((name) => !skipped.has(name) && !name.endsWith(".test.ts"));
  return inside.sort().flatMap((name) => filesUnder(join(path, name)));
}
