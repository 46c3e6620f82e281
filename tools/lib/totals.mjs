import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dist } from "./places.mjs";

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** Where jest leaves the totals of each test file, by path. */
export const totalsFile = join(dist, "test-totals.json");

/** @param {Totals} a @param {Totals} b @returns {Totals} */
export const addTotals = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** @param {Totals} totals */
export const printTotals = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** What jest has counted so far; none when it ended before its first file. */
export const readTotals = () =>
  Object.values(readFileTotals()).reduce(addTotals, { passed: 0, failed: 0, skipped: 0 });

/** The files that failed, a path each. */
export const failedFiles = () =>
  Object.entries(readFileTotals()).flatMap(([path, { failed }]) => (failed > 0 ? [path] : []));

/** @returns {Record<string, Totals>} */
export function readFileTotals() {
  try {
    return JSON.parse(readFileSync(totalsFile, "utf8"));
  } catch {
    return {};
  }
}
