import type { Finding } from "./types.ts";

/** For people: a line a finding, `refused: PROBLEM; FIX` or `warning: PROBLEM; FIX`; one that says so where there is none. */
export function sayFindings(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ severity, problem, fix }) => `${severity === "refusal" ? "refused" : severity}: ${problem}; ${fix}`,
  );
  return `${(lines.length > 0 ? lines : ["fit: an agent can run here"]).join("\n")}\n`;
}
