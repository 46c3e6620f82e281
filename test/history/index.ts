/**
 * What concurrent clients were answered while they changed documents, and whether a single, faultless server could
 * have answered so: linearizability, as Jepsen asks after it.
 * Invariant: a call whose outcome its client did not learn stays open; only a refusal that names its reason counts as none.
 * It brings about no fault.
 */
export { checkHistory } from "./check.ts";
export { type Clients, type ClientsOptions, startClients, type Way } from "./clients.ts";
export type { Operation, Verdict, Version } from "./types.ts";
