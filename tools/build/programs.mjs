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
 * @property {Readonly<Record<string, string>>} defaults environment where the caller sets none, relative to dist/
 */

/** @type {readonly Program[]} */
const all = [
  { name: "constellation", folder: "cli", nodeFlags: [], defaults: {} },
  {
    name: "constellation-agent",
    folder: "agent",
    // It lives long on hosts that belong to others: a small young generation keeps 14 MB of their memory free.
    nodeFlags: [
      "--max-semi-space-size=2",
      "--optimize-for-size",
      "--v8-pool-size=1",
      "--gc-memory-reducer-start-delay-ms=60000",
    ],
    defaults: { CONSTELLATION_KIT: "tools" }, // where it finds etcd
  },
  { name: "pulumi-resource-constellation", folder: "provider", nodeFlags: [], defaults: {} },
];

/** Those whose sources are there. */
export const programs = all.filter(({ folder }) => existsSync(join(root, folder, "main.ts")));
