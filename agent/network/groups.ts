import { createHash } from "node:crypto";
import { openNetwork } from "../networks/index.ts";
import type { Assignment } from "../session/index.ts";

/** Instances of this host that are in the same networks: the same rules and the same names are theirs. */
export interface Group {
  /** Follows from the networks alone. */
  readonly id: string;
  /** Sorted; the open one too. */
  readonly networks: readonly string[];
  readonly isInternal: boolean;
  /** Where their names are answered; nobody reaches it but they, led there when they ask the host. */
  readonly nameServer: string;
  readonly instances: readonly { readonly address: string; readonly namespace: string }[];
}

/** Loopback addresses, which are every machine's own: a name server each. */
export const nameServerRange = "127.64.0.0/10";
const nameServers = { first: 127 * 2 ** 24 + 64 * 2 ** 16 + 1, count: 2 ** 22 - 2 };

/** Groups of the instances that are in more than the open network, sorted. Pure. */
export function groupsOf({ placements }: Pick<Assignment, "placements">): Group[] {
  const byId = Map.groupBy(
    placements.filter(({ membership }) => membership !== undefined),
    ({ membership }) => JSON.stringify([membership?.networks, membership?.isInternal]),
  );
  const taken = new Set<number>();
  return [...byId]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([text, instances]) => {
      const digest = createHash("sha256").update(text).digest();
      let place = digest.readUInt32BE() % nameServers.count;
      while (taken.has(place)) place = (place + 1) % nameServers.count;
      taken.add(place);
      const { networks = [], isInternal = false } = instances[0]?.membership ?? {};
      return {
        id: digest.toString("hex").slice(0, 12),
        networks,
        isInternal,
        nameServer: inDots(nameServers.first + place),
        instances: instances
          .map(({ address, namespace }) => ({ address, namespace }))
          .sort((one, other) => (one.address < other.address ? -1 : 1)),
      };
    });
}

/** Whether its instances are reached by those in no network, and reach them. */
export const isOpen = ({ networks }: Pick<Group, "networks">) => networks.includes(openNetwork);

function inDots(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
