import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/places.mjs";

/**
 * A program that we ship.
 *
 * @typedef {object} Program
 * @property {string} name what a user types
 * @property {string} folder holds its main.ts; also its folder in dist/
 * @property {readonly string[]} nodeFlags
 * @property {() => boolean} isPresent
 */

/** @param {string} name @param {string} folder @param {readonly string[]} [nodeFlags] @returns {Program} */
const program = (name, folder, nodeFlags = []) => ({
  name,
  folder,
  nodeFlags,
  isPresent: () => existsSync(join(root, folder, "main.ts")),
});

/** The agent lives long on hosts that belong to others: a small young generation keeps 14 MB of its memory free. */
export const programs = [
  program("constellation", "cli"),
  program("constellation-agent", "agent", ["--max-semi-space-size=2"]),
  program("pulumi-resource-constellation", "provider"),
];
