/**
 * Which of the servers' agents leads: the one beside raft's leader, or another where that is silent.
 *
 * Invariant: of two agents that believe they lead, one can write: taking over raises `leader/epoch`, and every commit of the
 * leader compares it. It elects nobody, which is the store's matter, and it does not know what the leader does.
 */
export { asLeader } from "./fence.ts";
export { followLeadership, type Leadership } from "./loop.ts";
export type { Standing } from "./types.ts";
