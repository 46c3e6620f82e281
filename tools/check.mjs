/** Everything that can be checked in under a minute. Needs the setup; runs on Node 24. */
import { checks, unitTests } from "./check/checks.mjs";
import { runChecks } from "./check/run.mjs";
import { printTotals } from "./lib/totals.mjs";

const totals = runChecks([...checks, unitTests]);
process.stdout.write(`${printTotals(totals)}\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
