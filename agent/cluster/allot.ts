import { families, keys, type Put, type Store } from "../store/index.ts";
import { hostRange, rangesIn } from "./ranges.ts";

/**
 * A range for one more host, and the write that keeps count of it, to go into the same transaction: a range comes back only
 * after all others had their turn, so that nobody speaks to a new host's instance under an old one's address.
 */
export function freeRange(store: Store, clusterCidr: string): { cidr: string; write: Put } | undefined {
  const taken = store.list(families.host).map(({ record }) => record.cidr);
  const stored = store.get(families.allocation, keys.allocation);
  const given = stored?.record.hostRanges ?? taken.length;
  const count = rangesIn(clusterCidr);
  for (let step = 0; step < count; step++) {
    const cidr = hostRange(clusterCidr, (given + step) % count);
    if (cidr === undefined || taken.includes(cidr)) continue;
    const record = { serviceAddresses: 0, ...stored?.record, hostRanges: given + step + 1 };
    return { cidr, write: { key: keys.allocation, record, was: stored?.modRevision } };
  }
  return undefined;
}
