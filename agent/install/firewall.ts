import * as z from "zod";
import type { FirewallChain } from "./types.ts";

const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
const listingSchema = z.object({ nftables: z.array(z.object({ chain: chainSchema.optional() })) });

/** What instances' packets pass on their way: through the host, and to its name server. */
const hooks = ["forward", "input"] as const;
const families = ["ip", "inet"];

/**
 * Chains of other tables that drop what nobody lets through: a packet must be accepted at each chain of a hook, so ours
 * cannot overrule them. Docker, ufw and many hand-written firewalls have such ones; firewalld's accept by policy, and
 * refuse in a last rule. Takes what `nft --json list chains` prints.
 */
export function droppingChains(listing: string, ownTable: string): FirewallChain[] {
  return foreignChains(listing, ownTable)
    .filter(({ table, policy }) => policy === "drop" || table === "firewalld")
    .map(({ policy: _, ...chain }) => chain);
}

/** Chains of other tables that see what the machine forwards: who has one (Docker, another agent) needs forwarding. */
export function forwardChains(listing: string, ownTable: string): FirewallChain[] {
  return foreignChains(listing, ownTable)
    .filter(({ hook }) => hook === "forward")
    .map(({ policy: _, ...chain }) => chain);
}

function foreignChains(
  listing: string,
  ownTable: string,
): (FirewallChain & { policy: string | undefined })[] {
  return listingSchema.parse(JSON.parse(listing)).nftables.flatMap(({ chain }) => {
    const hook = hooks.find((one) => one === chain?.hook);
    if (chain === undefined || hook === undefined || chain.table === ownTable) return [];
    const { family, table, name, policy } = chain;
    return families.includes(family) ? [{ family, table, name, hook, policy }] : [];
  });
}
