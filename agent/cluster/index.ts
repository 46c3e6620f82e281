/**
 * The cluster's record: who founded it, its network, its hosts and their ranges of addresses.
 *
 * Invariant: a range and a host's place in it never change, and an address comes back only after all others.
 * It places nothing and configures no network.
 */
export { type Clusters, createClusters } from "./cluster.ts";
export type { LocalRange } from "./founding.ts";
export { formatIpv4, gatewayOf, nextAddress, parseRange } from "./ranges.ts";
