import type { Status, Supervised } from "./status.ts";
import type { Finding } from "./types.ts";

/** For people: a line a finding, `refused: PROBLEM; FIX` or `warning: PROBLEM; FIX`; one that says so where there is none. */
export function sayFindings(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ severity, problem, fix }) => `${severity === "refusal" ? "refused" : severity}: ${problem}; ${fix}`,
  );
  return `${(lines.length > 0 ? lines : ["fit: an agent can run here"]).join("\n")}\n`;
}

/** For people: a line a process, the instances, the cluster, and what is wrong, in one line with the fix. */
export function sayStatus({ processes, monitors, info, trouble }: Status): string {
  const clusterId = (info as { clusterId?: string | null } | undefined)?.clusterId;
  const lines = [
    ...processes.map(sayProcess),
    row("instances", `${monitors} on this machine`),
    row("cluster", info === undefined ? "unknown: the agent does not answer" : (clusterId ?? "none yet")),
    row("trouble", trouble === undefined ? "none" : `${trouble.problem}; ${trouble.fix}`),
  ];
  return `${lines.join("\n")}\n`;
}

function sayProcess({ name, pid, upSeconds = 0, residentBytes = 0 }: Supervised): string {
  if (pid === undefined) return row(name, "does not run");
  return row(name, `pid ${pid}, up ${upSeconds} s, ${Math.round(residentBytes / 1024 ** 2)} MiB`);
}

function row(name: string, text: string): string {
  return `${name.padEnd(10)}  ${text}`;
}
