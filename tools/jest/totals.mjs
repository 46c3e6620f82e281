import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readFileTotals, totalsFile } from "../lib/totals.mjs";

/**
 * A reporter that writes each file's totals as it ends, so that they are known also of a run that was cut short.
 * What a file counted in an earlier run is replaced.
 */
export default class FileTotals {
  /** @param {import("@jest/test-result").Test} test @param {import("@jest/test-result").TestResult} result */
  onTestResult({ path }, result) {
    // A file that could not even be loaded counts as one failure.
    const failed = result.numFailingTests + (result.testExecError ? 1 : 0);
    const skipped = result.numPendingTests + result.numTodoTests;
    const totals = { ...readFileTotals(), [path]: { passed: result.numPassingTests, failed, skipped } };
    mkdirSync(dirname(totalsFile), { recursive: true });
    writeFileSync(totalsFile, JSON.stringify(totals));
  }
}
