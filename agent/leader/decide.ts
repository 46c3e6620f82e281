import type { Decision, View } from "./types.ts";

/** In milliseconds. */
export const leaderLimits = {
  /** Between two looks at the own member, where there are other servers. */
  lookMs: 200,
  /** Without a majority for so long this server is no good for others: an election takes a second or two. */
  strandedMs: 4_000,
  /**
   * Who was overtaken by a server that it does not hear leaves that one alone for so long: it is alive, and two that do not
   * hear each other would take turns for ever.
   */
  yieldMs: 30_000,
} as const;

/**
 * Whether this agent leads. Pure. The agent beside raft's leader names itself in the store; where the agent that is named there
 * is silent, the first server by name that answers does. That two agree at the same time is no matter: the store
 * takes the writes of the one that is named.
 */
export function decide({ self, standing, record, isOurs, others, overtakenMs }: View): Decision {
  if (!standing?.hasQuorum) return "rest";
  if (isOurs) return "lead";
  if (standing.isRaftLeader || record?.server === self) return "take";
  if (record === undefined) return "rest";
  const answering = others.filter(({ isReady }) => isReady).map(({ name }) => name);
  if (answering.includes(record.server) || answering.some((name) => name < self)) return "rest";
  return overtakenMs !== undefined && overtakenMs < leaderLimits.yieldMs ? "rest" : "take";
}
