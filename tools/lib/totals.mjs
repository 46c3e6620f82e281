import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dist } from "./places.mjs";

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** Where jest leaves the totals of its last run. */
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

/** The totals of jest's last run; none when it ended before its first file. @returns {Totals} */
export function readTotals() {
  try {
    return JSON.parse(readFileSync(totalsFile, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
