import { type LocalRange, overlaps } from "../cluster/index.ts";
import type { StoredCluster } from "../store/index.ts";

/** Why a machine in these networks cannot be a host: its own routes and the cluster's would lead to different places. Pure. */
export function refusalOfNetworks(
  network: StoredCluster["network"],
  local: readonly LocalRange[],
): string | undefined {
  const [found] = overlaps(network, local);
  if (found === undefined) return undefined;
  const { path, range, taken } = found;
  const where = `${taken.range}, which ${taken.device} of this machine is in`;
  return `the cluster's ${path}, ${range}, overlaps ${where}; take the machine out of that network, or found the cluster with other ranges`;
}

/** Whether a machine that came from this address has another one itself. Pure. */
export function isBehindNat(address: string, local: readonly LocalRange[]): boolean {
  return !local.some(({ range }) => range.startsWith(`${address}/`));
}
