/**
 * What may run only while servers confirm it: exclusive instances, and those with `disconnect.stopAfter`. On a host:
 * who is held to which deadline; the guard kills at the deadline. On a server: what was confirmed to whom.
 *
 * Invariant: an exclusive instance runs at most once, however clocks drift within their bound, whichever processes die or
 * stand still. Not covered: a host whose guard is dead as well, and a virtual machine whose clock stands still while others'
 * go on. It neither places nor starts anything.
 */
export { createGrants, type Grants, isExclusive } from "./grants.ts";
export { type Holds, openHolds } from "./holds.ts";
export { type Confirmation, confirmation, leaseLimits, waitMs } from "./lease.ts";
export { createProofs } from "./proofs.ts";
export { createRelay, type Relay } from "./relay.ts";
