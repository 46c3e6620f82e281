/**
 * Packet rules by nft(8), in one table of the agent's own; no other table is read or changed.
 * Invariant: the rules are a pure function of the plan, and the kernel has all of them or those before, never a part.
 * Does not decide where traffic goes, and cannot let pass what another table drops.
 */
export { createNftables, type Nftables, type NftablesOptions } from "./nftables.ts";
export type { RulesInput } from "./rules.ts";
