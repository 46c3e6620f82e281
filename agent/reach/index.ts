/**
 * What a server asks a host for while somebody waits: logs, commands inside instances, counters. Over a connection that the
 * host has dialled, on which it answers, so that a host behind NAT is reached like any other.
 *
 * Invariant: nothing is said here that a session has to know; losing it loses an answer and nothing else.
 */
export { answerReach } from "./answer.ts";
export { createReach, type Reach } from "./reach.ts";
export type { Reachable } from "./types.ts";
