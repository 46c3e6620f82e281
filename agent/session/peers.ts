import { isDeepStrictEqual } from "node:util";
import type { NetworkMode } from "../../contract/index.ts";
import type { HostRecord } from "../store/index.ts";
import type { Peer } from "./types.ts";

/**
 * How each host reaches the others, in order of their names; derived not anew while the hosts are as they were, but for their
 * states, which decide no more than who passes packets on. Two hosts have
 * a tunnel where the cluster is to have them, and wherever one of the two can only dial out; such a host keeps its ways open.
 * Between two of them a server passes packets on, the same one both ways: WireGuard takes a range from one peer alone. Packets
 * that are to be in a tunnel never go without: a host that has not said its key is not reached.
 */
export function createPeering() {
  let last: object | undefined;
  let known = new Map<string, readonly Peer[]>();
  return (hosts: readonly HostRecord[], mode: NetworkMode) => {
    const sorted = hosts.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const relay = relayAmong(sorted);
    const next = { hosts: sorted.map(({ state: _, ...host }) => host), mode, via: relay?.name };
    if (!isDeepStrictEqual(last, next)) {
      last = next;
      known = new Map();
    }
    const here = known;
    return (self: string): readonly Peer[] => {
      const peers = here.get(self) ?? peersIn(sorted, self, mode, relay);
      here.set(self, peers);
      return peers;
    };
  };
}

function peersIn(
  sorted: readonly HostRecord[],
  self: string,
  mode: NetworkMode,
  relay: HostRecord | undefined,
): Peer[] {
  const own = sorted.find(({ name }) => name === self);
  if (own === undefined) return [];
  return sorted.flatMap((other): Peer[] => {
    const { name, cidr, address, wireguardKey } = other;
    if (name === self) return [];
    const bothDialOut = own.isBehindNat === true && other.isBehindNat === true;
    const isTunnel = mode === "wireguard" || own.isBehindNat === true || other.isBehindNat === true;
    if (!isTunnel) return address === undefined ? [] : [{ name, cidr, address }];
    if (own.wireguardKey === undefined || wireguardKey === undefined) return [];
    if (bothDialOut) return relay === undefined ? [] : [{ name, cidr, wireguardKey, via: relay.name }];
    if (other.isBehindNat || address === undefined) return [{ name, cidr, wireguardKey }];
    return [{ name, cidr, wireguardKey, address, ...(own.isBehindNat && { keepsOpen: true }) }];
  });
}

/** The first server by name that answers; where none does, the first. */
function relayAmong(sorted: readonly HostRecord[]): HostRecord | undefined {
  const able = sorted.filter(
    ({ role, address, wireguardKey, isBehindNat }) =>
      role === "server" && address !== undefined && wireguardKey !== undefined && !isBehindNat,
  );
  return able.find(({ state = "ready" }) => state === "ready") ?? able[0];
}
