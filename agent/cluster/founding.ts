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
  for (const { path, range, taken } of overlaps({ cidr, serviceCidr }, local))
    refuse(
      path,
      `${range} overlaps ${taken.range}, which ${taken.device} of this machine is in; choose another`,
    );
  return violations;
}

/** The cluster's ranges that a machine's own are part of, or the other way round, with the first such one. Pure. */
export function overlaps(
  { cidr, serviceCidr }: Pick<ClusterRecord["network"], "cidr" | "serviceCidr">,
  local: readonly LocalRange[],
): { readonly path: string; readonly range: string; readonly taken: LocalRange }[] {
  const ranges = { "network.cidr": cidr, "network.serviceCidr": serviceCidr };
  return Object.entries(ranges).flatMap(([path, range]) => {
    const taken = local.find((one) => overlap(range, one.range));
    return taken === undefined ? [] : [{ path, range, taken }];
  });
}
