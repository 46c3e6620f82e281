/** Prints the totals of a jest run that was cut short; the cut counts as one more failure. */
import { addTotals, printTotals, readTotals } from "./lib/totals.mjs";

const cut = { passed: 0, failed: 1, skipped: 0 };
process.stdout.write(`${printTotals(addTotals(readTotals(), cut))}\n`);
