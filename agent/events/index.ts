/**
 * Events: what changed, told as it happens and again to who was away.
 *
 * Invariant: a stream that resumes after a cursor it was given misses no stored change; progress may be lost.
 * It decides nothing and stores nothing: events are derived from the store's own history.
 */
export { eventsOf } from "./derive.ts";
export { createFeed, type EventQuery, type Feed, type Sent } from "./feed.ts";
