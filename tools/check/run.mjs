import { spawnSync } from "node:child_process";
import { root } from "../lib/places.mjs";

const timeoutMs = 5 * 60_000;

/**
 * Runs all checks, also after one failed, and prints a line each; the output of one that fails follows its line.
 *
 * @param {readonly import("./checks.mjs").Check[]} checks
 * @returns {import("../lib/totals.mjs").Totals}
 */
export function runChecks(checks) {
  const failed = checks.filter((check) => !passes(check)).length;
  return { passed: checks.length - failed, failed, skipped: 0 };
}

/** @param {import("./checks.mjs").Check} check */
function passes({ name, command: [program, ...args], fix }) {
  const start = performance.now();
  const done = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    timeout: timeoutMs,
    maxBuffer: 64 << 20,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (done.error === undefined && done.status === 0) {
    process.stdout.write(`ok    ${name} (${seconds} s)\n`);
    return true;
  }
  const output = `${done.stdout ?? ""}${done.stderr ?? ""}${done.error?.message ?? ""}`.trim();
  process.stdout.write(`FAIL  ${name} (${seconds} s): ${fix}\n${output.replaceAll(/^/gm, "      ")}\n`);
  return false;
}
