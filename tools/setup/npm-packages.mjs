import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

/** @type {import("./step.mjs").Step} */
export const npmPackages = {
  name: "npm packages",
  missing: () => (isInstalled() ? undefined : "installing what package-lock.json names"),
  make: () => void run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]),
};

/**
 * npm leaves a copy of the lock file in node_modules once everything is in place: comparing both tells more
 * than a stamp would, because it also sees what somebody installed or removed by hand.
 */
function isInstalled() {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const present = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted)
    .filter(([path, { optional }]) => path.startsWith("node_modules/") && !optional)
    .every(([path, { version }]) => present[path] !== undefined && present[path].version === version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined; // absent or cut short: the same as nothing installed
  }
}
