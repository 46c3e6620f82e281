/**
 * Uploaded blobs on two servers: no single one's death loses what was acknowledged.
 *
 * Invariant: a blob that is said to be here is on another server as well, or no other one keeps the state by now: while
 * others are only joining, one copy is enough, and the second one follows. What is in use gets its second copy anew each time
 * that the servers change, and one that is removed hands over first what it has. It knows of images no more than what they are made of.
 */
export { type Copies, createCopies } from "./copies.ts";
export { createHandOver } from "./hand-over.ts";
export { type KeepCopiesPorts, keepCopies } from "./keep.ts";
export type { CopiesPorts, OtherBlobs, OwnBlobs } from "./types.ts";
