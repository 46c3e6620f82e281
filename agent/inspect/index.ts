/**
 * What can be seen of an agent on its machine, whether it answers or not: for a report that somebody else reads.
 *
 * Invariant: changes nothing, and each look fails alone. It reads neither the store nor anything that holds secrets:
 * no environments, no assignments, no keys.
 */
export { inspect } from "./inspect.ts";
export type { Look, Seen } from "./types.ts";
