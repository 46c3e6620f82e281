/**
 * The cluster's record: who founded it, its network, and the ranges of addresses within that.
 *
 * Invariant: a range never changes, and an address comes back only after all others.
 * It places nothing and configures no network.
 */
export { freeRange } from "./allot.ts";
export { type Clusters, createClusters } from "./cluster.ts";
export { type LocalRange, overlaps } from "./founding.ts";
export { attributesOf, type Member, membersOf } from "./members.ts";
export { formatIpv4, gatewayOf, nextAddress, overlap, parseRange } from "./ranges.ts";
export { otherServersIn } from "./servers.ts";
