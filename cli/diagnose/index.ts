/**
 * One file that says how everything is: what the API tells, what the machine shows, what the logs say.
 * Invariant: no secret. It is made of answers in which secrets are digests, and all of it passes a filter for what looks like one.
 * A part that cannot be had is named in the manifest, and takes nothing from the others.
 */
export { archive, type Manifest } from "./archive.ts";
export { gatherFromApi } from "./gather.ts";
export type { Collected } from "./types.ts";
