/**
 * All tests: the quick checks, each counted as one, then jest over every project. Ends with the totals.
 * Arguments are passed on to jest; with arguments, the checks are left out.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { checks } from "./check/checks.mjs";
import { runChecks } from "./check/run.mjs";
import { toolEnvironment } from "./lib/environment.mjs";
import { node, root } from "./lib/places.mjs";
import { addTotals, printTotals, readTotals, totalsFile } from "./lib/totals.mjs";

const args = process.argv.slice(2);
const checked = runChecks(args.length === 0 ? checks : []);
const totals = addTotals(checked, runJest(args));
process.stdout.write(`${printTotals(totals)}\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** @param {readonly string[]} jestArgs */
function runJest(jestArgs) {
  rmSync(totalsFile, { force: true });
  const flags = ["--disable-warning=ExperimentalWarning", "--experimental-vm-modules"];
  const reporters = ["--reporters=default", `--reporters=${join(root, "tools", "jest", "totals.mjs")}`];
  const done = spawnSync(node, [...flags, "node_modules/jest/bin/jest.js", ...reporters, ...jestArgs], {
    cwd: root,
    stdio: "inherit",
    env: toolEnvironment(),
  });
  const counted = readTotals();
  return done.status === 0 || counted.failed > 0 ? counted : { ...counted, failed: 1 };
}
