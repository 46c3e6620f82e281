/**
 * This host's network: a link and an address an instance, ways to other hosts, virtual addresses, published ports, names.
 *
 * Instances in networks reach, and see the names of, those they share one with, on whatever host.
 *
 * Invariant: packet rules and names follow from the newest assignment alone; a change touches no established flow but
 * UDP senders whose instance went out of traffic; what was made outlives the agent and is found again by looking.
 * It does not choose addresses, check health, or decide which instances take traffic: the assignment says so.
 * A rule of another nftables table that drops packets wins over ours.
 */
export { type HostNetwork, type NetworkPorts, routedOn, runNetwork } from "./loop.ts";
export { placesOf } from "./places.ts";
export type {
  BalancedService,
  Conntrack,
  Links,
  NameServer,
  NameTable,
  NameViews,
  PeerRoute,
  PublishedPort,
  Sockets,
  Sysctls,
  TcpSocket,
  Traffic,
  TrafficPlan,
  Tunnel,
} from "./types.ts";
