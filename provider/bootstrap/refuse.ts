import { ConstellationError } from "../../contract/index.ts";
import type { Finding } from "./types.ts";

/** All that speaks against a machine at once: throws where something does. */
export function refuse(name: string, findings: readonly Finding[]): void {
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  if (refusals.length === 0) return;
  throw new ConstellationError("host-unfit", `make ${name} a host: it cannot be one`, {
    violations: refusals.map(({ problem, fix }) => ({ path: name, reason: `${problem}; ${fix}` })),
  });
}
