import { expectSuccess, type Run } from "../libc/index.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type RulesInput, rulesOf } from "./rules.ts";
import { changeScript, wholeScript } from "./script.ts";
import type { Ruleset } from "./types.ts";

const limits = { timeoutMs: 20_000 };

export interface NftablesOptions {
  /** The name of our table, of the family `inet`. */
  readonly table: string;
  readonly run: Run;
}

/** Packet rules in one table of the agent's own, written by nft(8); calls must not overlap. Throws AdapterError. */
export interface Nftables {
  /**
   * Changes what differs from the last call in one transaction, established flows untouched; writes everything at
   * the first call, after a failed one, and where `inspect` found something else. Returns whether anything changed.
   */
  apply(plan: RulesInput): Promise<boolean>;
  /**
   * Whether the kernel still has what it had at the first look after `apply`; false where the table is gone, as after
   * many a reload of a firewall. Costs as much as a small `apply`.
   */
  inspect(): Promise<boolean>;
}

export function createNftables({ table, run }: NftablesOptions): Nftables {
  let applied: { readonly rules: Ruleset; fingerprint?: number | undefined } | undefined;

  return {
    async apply(plan) {
      const rules = rulesOf(plan);
      const script = applied ? changeScript(table, applied.rules, rules) : wholeScript(table, rules);
      if (script === "") return false;
      applied = undefined;
      const written = await run(["nft", "-f", "-"], { input: script, timeoutMs: limits.timeoutMs });
      expectSuccess(`write packet rules of table ${table}`, written);
      applied = { rules };
      return true;
    },
    async inspect() {
      if (!applied) return false;
      const listed = await run(["nft", "--stateless", "list", "table", "inet", table], {
        timeoutMs: limits.timeoutMs,
      });
      const fingerprint = listed.code === 0 ? fingerprintOf(listed.stdout) : undefined;
      applied.fingerprint ??= fingerprint;
      const isIntact = fingerprint !== undefined && fingerprint === applied.fingerprint;
      if (!isIntact) applied = undefined;
      return isIntact;
    },
  };
}
