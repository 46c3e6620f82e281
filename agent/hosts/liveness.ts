import type { Host } from "../../contract/index.ts";

export type HostState = Host["state"];

/** In milliseconds. */
export const livenessLimits = {
  /** Between two looks; silence grows by at most twice this in one. */
  tickMs: 100,
  /** From then on the other servers are asked whether they hear it; and then again. */
  askMs: 1_000,
  askAgainMs: 200,
  suspectMs: 1_500,
  /** An agent that hung up, to connect anew: longer than between two heartbeats. */
  backMs: 700,
  lostMs: 2_000,
  /** With half of the hosts silent at once, to all servers, it may be us who are cut off: then it has to last. */
  confirmMs: 5_000,
  /** Two heartbeats are missing: so silent is who fell silent at once with one that is about to be lost, a heartbeat apart. */
  atOnceMs: 1_000,
  /** A host that was not heard yet, after our own start, may still be on its way. */
  firstMs: 10_000,
} as const;

/** What is known of one host. */
export interface Hearing extends Verdict {
  readonly name: string;
  /** How long we have listened without hearing from it, nor of it from another server, in milliseconds. */
  readonly silentMs: number;
  readonly wasHeard: boolean;
}

export interface Verdict {
  readonly state: HostState;
  /** It fell silent with half of the others: that has to last, also once others are heard again. */
  readonly isOneOfMany: boolean;
}

/**
 * What becomes of each host. Pure. `others` counts hosts that answer by their nature, like the one that asks.
 * Where half or more of those that were not lost so far are silent at once, silence has to last longer.
 */
export function decide(hearings: readonly Hearing[], others: number): ReadonlyMap<string, Verdict> {
  const present = hearings.filter(({ state }) => state !== "lost");
  const isWide = present.filter(isSilent).length * 2 >= present.length + others;
  return new Map(
    hearings.map((hearing) => {
      const isOneOfMany = isSilent(hearing) && (isWide || hearing.isOneOfMany);
      return [hearing.name, { state: next({ ...hearing, isOneOfMany }), isOneOfMany }];
    }),
  );
}

const isSilent = ({ silentMs }: Hearing) => silentMs >= livenessLimits.atOnceMs;

function next({ silentMs, wasHeard, state, isOneOfMany }: Hearing): HostState {
  if (silentMs < livenessLimits.suspectMs) return wasHeard || state === "ready" ? "ready" : state;
  if (state === "lost") return "lost";
  const patienceMs = isOneOfMany ? livenessLimits.confirmMs : livenessLimits.lostMs;
  return silentMs >= (wasHeard ? patienceMs : livenessLimits.firstMs) ? "lost" : "suspect";
}
