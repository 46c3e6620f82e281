/**
 * Documents: what users want, one a resource, written and read the same way whatever their kind.
 *
 * Invariant: a refused write changes nothing; a repeated one makes no second thing; an answer holds no secret.
 * What a kind is beyond its schema is its feature's matter (`KindFeature`).
 */
export { createDocuments, type DocumentAddress, type Documents, type DocumentsPorts } from "./documents.ts";
export { kindOf } from "./kinds.ts";
export type { Admission, Along, Candidate, KindFeature, KindFeatures, WriteRequest } from "./types.ts";
