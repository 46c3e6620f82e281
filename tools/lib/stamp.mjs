import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dist } from "./places.mjs";

/**
 * A stamp holds the fingerprint of what a step read when it last succeeded.
 *
 * @param {string} name
 * @param {string} print
 */
export const isStamped = (name, print) => read(stampFile(name)) === print;

/**
 * @param {string} name
 * @param {string} print
 */
export function stamp(name, print) {
  mkdirSync(dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), print);
}

/** @param {string} name */
const stampFile = (name) => join(dist, "stamps", name);

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // no stamp: the step never succeeded here
  }
}
