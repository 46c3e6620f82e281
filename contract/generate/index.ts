/**
 * What is made from the contract for others to read: the Pulumi schema and the reference.
 * Invariant: pure functions of the contract, equal for equal contracts. Writes nothing; `tools/generate.ts` does.
 */
export { openapi } from "../api/openapi.ts";
export { pulumiSchema } from "./pulumi-schema.ts";
export { reference } from "./reference.ts";
