/**
 * A table as nft(8) writes it, split into the parts that change one by one. Element and rule texts are compared as
 * they are, so the same state must always be rendered alike.
 */
export interface Ruleset {
  /** Sets and maps by name. */
  readonly sets: ReadonlyMap<string, NamedSet>;
  /** Chains by name. */
  readonly chains: ReadonlyMap<string, Chain>;
}

export interface NamedSet {
  readonly kind: "set" | "map";
  /** `ipv4_addr : verdict`; follows from the name for ever, as `hook` does. */
  readonly type: string;
  readonly elements: readonly string[];
}

export interface Chain {
  /** Where packets enter it; absent where only other chains lead to it. */
  readonly hook?: string;
  readonly rules: readonly string[];
}
