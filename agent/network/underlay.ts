import type { Assignment } from "../session/index.ts";
import type { PeerRoute } from "./types.ts";

/** How the other hosts' instances are reached. Of two hosts with one range, which the servers prevent, the first by name. */
export function routesToPeers({ host, peers = [] }: Pick<Assignment, "host" | "peers">): PeerRoute[] {
  const routes = new Map<string, PeerRoute>();
  for (const { name, cidr, address } of peers.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (name === host.name || cidr === host.cidr || routes.has(cidr)) continue;
    routes.set(cidr, { destination: cidr, gateway: address, source: host.gateway });
  }
  return [...routes.values()];
}

/** What leads from the routes that are there to those wanted. Ours have a gateway, and this host's address as source. */
export function decideRoutes(
  wanted: readonly PeerRoute[],
  found: readonly Partial<PeerRoute>[],
  source: string,
): { readonly ensure: readonly PeerRoute[]; readonly remove: readonly PeerRoute[] } {
  const ours = found.filter((route): route is PeerRoute => {
    return route.source === source && route.gateway !== undefined && route.destination !== undefined;
  });
  const ranges = new Set(wanted.map(({ destination }) => destination));
  const isThere = (route: PeerRoute) =>
    ours.some(({ destination, gateway }) => destination === route.destination && gateway === route.gateway);
  return {
    ensure: wanted.filter((route) => !isThere(route)),
    remove: ours.filter(({ destination }) => !ranges.has(destination)),
  };
}
