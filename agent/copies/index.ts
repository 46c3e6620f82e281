/**
 * Uploaded blobs on two servers: no single one's death loses what was acknowledged.
 *
 * Invariant: a blob that is said to be here is on another server as well, or no other one keeps the state by now: while
 * others are only joining, one copy is enough, and the second one follows. It knows nothing of images, and copies
 * nothing that nobody asks for: who follows the servers does, each time that they change.
 */
export { type Copies, createCopies } from "./copies.ts";
export type { CopiesPorts, OtherBlobs, OwnBlobs } from "./types.ts";
