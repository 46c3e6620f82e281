import type { MemberStatus } from "./status.ts";

/** Writes that end when another member has come to lead: what was handed to the one before is answered by nobody, for seconds. */
export interface Terms {
  /** Hears of every status. */
  note(status: Pick<MemberStatus, "raftTerm" | "hasQuorum">): void;
  /** Aborted once a later term is known than now. */
  signal(): AbortSignal;
}

export function followTerms(): Terms {
  let known: number | undefined;
  let current = new AbortController();
  return {
    note({ raftTerm, hasQuorum }) {
      if (!hasQuorum || raftTerm === known) return;
      const before = known === undefined ? undefined : current;
      known = raftTerm;
      if (before === undefined) return;
      current = new AbortController();
      before.abort();
    },
    signal: () => current.signal,
  };
}
