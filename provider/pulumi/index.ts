/**
 * The Pulumi edge: `pulumirpc.ResourceProvider`, one file a call.
 * Invariant: secrets and unknowns leave as they came, and no failure makes the engine doubt its state.
 * It decides nothing about resources; `engine` and `resources` do.
 */
export { createEngineLog } from "./engine-log.ts";
export { newRun, type Provider } from "./provider.ts";
export { serve } from "./server.ts";
