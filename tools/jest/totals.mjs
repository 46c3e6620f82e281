import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { totalsFile } from "../lib/totals.mjs";

/**
 * A reporter that writes the totals after every file, so that they are known also of a run that was cut short.
 */
export default class Totals {
  /** @param {unknown} _file @param {unknown} _result @param {import("@jest/test-result").AggregatedResult} total */
  onTestResult(_file, _result, total) {
    save(total);
  }

  /** @param {unknown} _contexts @param {import("@jest/test-result").AggregatedResult} total */
  onRunComplete(_contexts, total) {
    save(total);
  }
}

/** A file that could not even be loaded counts as one failure. @param {import("@jest/test-result").AggregatedResult} total */
function save(total) {
  mkdirSync(dirname(totalsFile), { recursive: true });
  const totals = {
    passed: total.numPassedTests,
    failed: total.numFailedTests + total.numRuntimeErrorTestSuites,
    skipped: total.numPendingTests + total.numTodoTests,
  };
  writeFileSync(totalsFile, JSON.stringify(totals));
}
