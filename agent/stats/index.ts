/**
 * What instances and their host use: counters, read when somebody asks.
 *
 * Invariant: between two questions it costs nothing, and many at once cost no more than one.
 * It computes no rates and keeps no history: two samples and whoever asked for them do.
 */
export { createStats } from "./sample.ts";
export type { InstanceCounters, StatsPorts } from "./types.ts";
