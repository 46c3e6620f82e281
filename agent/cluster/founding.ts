import type { ClusterRecord, Violation } from "../../contract/index.ts";
import { hostAddresses, overlap, parseRange } from "./ranges.ts";

/** A range that the machine is part of already: `{ device: "eth0", range: "10.70.1.5/24" }`. */
export interface LocalRange {
  readonly device: string;
  readonly range: string;
}

/** What keeps a cluster from having this network, on a machine with these ranges. Pure. */
export function networkViolations(
  { cidr, serviceCidr }: ClusterRecord["network"],
  local: readonly LocalRange[],
): Violation[] {
  const violations: Violation[] = [];
  const refuse = (path: string, reason: string) => violations.push({ path, reason });
  if (parseRange(cidr).size < hostAddresses)
    refuse("network.cidr", `${cidr} has no room for a host's /22; use /22 or larger`);
  if (overlap(cidr, serviceCidr))
    refuse("network.serviceCidr", `${serviceCidr} overlaps network.cidr, ${cidr}`);
  for (const [path, range] of [
    ["network.cidr", cidr],
    ["network.serviceCidr", serviceCidr],
  ] as const) {
    const taken = local.find((one) => overlap(range, one.range));
    if (taken)
      refuse(
        path,
        `${range} overlaps ${taken.range}, which ${taken.device} of this machine is in; choose another`,
      );
  }
  return violations;
}
