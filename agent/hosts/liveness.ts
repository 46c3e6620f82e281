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
  /** A host that was not heard yet, after our own start, may still be on its way. */
  firstMs: 10_000,
} as const;

/** What is known of one host. */
export interface Hearing {
  readonly name: string;
  /** How long we have listened without hearing from it, nor of it from another server, in milliseconds. */
  readonly silentMs: number;
  readonly wasHeard: boolean;
  readonly state: HostState;
}

/**
 * The state of each host. Pure. `others` counts hosts that answer by their nature, like the one that asks.
 * Where half or more of those that were not lost so far are silent at once, silence has to last longer.
 */
export function decide(hearings: readonly Hearing[], others: number): ReadonlyMap<string, HostState> {
  const present = hearings.filter(({ state }) => state !== "lost");
  const silent = present.filter(({ silentMs }) => silentMs >= livenessLimits.suspectMs);
  const isWide = silent.length > 0 && silent.length * 2 >= present.length + others;
  const patience = isWide ? livenessLimits.confirmMs : livenessLimits.lostMs;
  return new Map(hearings.map((hearing) => [hearing.name, next(hearing, patience)]));
}

function next({ silentMs, wasHeard, state }: Hearing, patienceMs: number): HostState {
  if (silentMs < livenessLimits.suspectMs) return wasHeard || state === "ready" ? "ready" : state;
  if (state === "lost") return "lost";
  return silentMs >= (wasHeard ? patienceMs : livenessLimits.firstMs) ? "lost" : "suspect";
}
