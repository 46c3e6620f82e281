import { ports } from "../../contract/index.ts";
import type { Assignment } from "../session/index.ts";
import type { PeerRoute, Tunnel } from "./types.ts";

/** Below what address translators forget idle ways after: the WireGuard project's own advice. */
const keepAliveSeconds = 25;

type View = Pick<Assignment, "host" | "peers">;
type Peer = NonNullable<View["peers"]>[number];

/** How the other hosts' instances are reached. Of two hosts with one range, which the servers prevent, the first by name. */
export function routesToPeers(view: View, tunnel: string): PeerRoute[] {
  const source = view.host.gateway;
  return peersOf(view).flatMap(({ cidr, address, wireguardKey }): PeerRoute[] => {
    if (wireguardKey !== undefined) return [{ destination: cidr, device: tunnel, source }];
    return address === undefined ? [] : [{ destination: cidr, gateway: address, source }];
  });
}

/** This host's end of the tunnel; undefined while no other host has one. */
export function tunnelTo(view: View, mtu: number): Parameters<Tunnel["ensure"]>[0] | undefined {
  const all = peersOf(view);
  const passedOn = Map.groupBy(
    all.filter(({ via }) => via !== undefined),
    ({ via }) => via,
  );
  const ends = all.flatMap(({ name, wireguardKey, address, cidr, keepsOpen, via }) => {
    if (wireguardKey === undefined || via !== undefined) return [];
    const beyond = passedOn.get(name) ?? [];
    return {
      publicKey: wireguardKey,
      ranges: [cidr, ...beyond.map((peer) => peer.cidr)],
      ...(address !== undefined && { endpoint: `${address}:${ports.wireguard}` }),
      ...(keepsOpen && { keepAliveSeconds }),
    };
  });
  return ends.length === 0 ? undefined : { listenPort: ports.wireguard, mtu, peers: ends };
}

/** Each range once, and none that is this host's own. */
export function peersOf({ host, peers = [] }: View): Peer[] {
  const byRange = new Map<string, Peer>();
  for (const peer of peers.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (peer.name === host.name || peer.cidr === host.cidr || byRange.has(peer.cidr)) continue;
    byRange.set(peer.cidr, peer);
  }
  return [...byRange.values()];
}

/** What leads from the routes that are there to those wanted. Ours have this host's address as source, and are in its cluster's range. */
export function decideRoutes(
  wanted: readonly PeerRoute[],
  found: readonly Partial<PeerRoute>[],
  { gateway: source }: Pick<Assignment["host"], "gateway">,
  tunnel: string,
): { readonly ensure: readonly PeerRoute[]; readonly remove: readonly PeerRoute[] } {
  const ours = found.filter((route): route is PeerRoute => {
    const isWay = route.gateway !== undefined || route.device === tunnel;
    return route.source === source && isWay && route.destination !== undefined;
  });
  const ranges = new Set(wanted.map(({ destination }) => destination));
  const isThere = (route: PeerRoute) =>
    ours.some(
      ({ destination, gateway, device }) =>
        destination === route.destination &&
        gateway === route.gateway &&
        (route.device === undefined || device === route.device),
    );
  return {
    ensure: wanted.filter((route) => !isThere(route)),
    remove: ours.filter(({ destination }) => !ranges.has(destination)),
  };
}
