/**
 * All tests: the quick checks, each counted as one, then jest over every project. Ends with the totals.
 * Files that fail beside others run once more, alone, and are named: a slow machine is told from a defect.
 * Arguments are passed on to jest; with arguments, the checks are left out and nothing runs again.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { checks } from "./check/checks.mjs";
import { runChecks } from "./check/run.mjs";
import { toolEnvironment } from "./lib/environment.mjs";
import { node, root } from "./lib/places.mjs";
import { addTotals, failedFiles, printTotals, readTotals, totalsFile } from "./lib/totals.mjs";

/** More failures than this are no accident. */
const mostRunAgain = 5;

/** Two thirds of the system tests' time is waiting: a file more than there are processors keeps those busy. */
const workers = availableParallelism() + 1;

const args = process.argv.slice(2);
const isWhole = args.length === 0;
const checked = runChecks(isWhole ? checks : []);
rmSync(totalsFile, { force: true });
const ended = runJest([`--maxWorkers=${workers}`, ...args]);
const failed = failedFiles();
const again = isWhole && failed.length <= mostRunAgain ? failed : [];
if (again.length > 0) runJest(["--runInBand", "--runTestsByPath", ...again]);
for (const file of again) {
  const outcome = failedFiles().includes(file) ? "failed" : "passed";
  process.stdout.write(`failed beside others, ${outcome} alone: ${relative(root, file)}\n`);
}
const counted = readTotals();
const isBroken = !ended && failed.length === 0;
const totals = addTotals(checked, isBroken ? { ...counted, failed: 1 } : counted);
process.stdout.write(`${printTotals(totals)}\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** @param {readonly string[]} jestArgs @returns whether jest was content */
function runJest(jestArgs) {
  const flags = ["--disable-warning=ExperimentalWarning", "--experimental-vm-modules"];
  const reporters = ["--reporters=default", `--reporters=${join(root, "tools", "jest", "totals.mjs")}`];
  const done = spawnSync(node, [...flags, "node_modules/jest/bin/jest.js", ...reporters, ...jestArgs], {
    cwd: root,
    stdio: "inherit",
    env: toolEnvironment(),
  });
  return done.status === 0;
}
