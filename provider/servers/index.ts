/**
 * Which servers a cluster is to have: from what it has to what the program names, one step at a time.
 * Invariant: no step takes the majority away; each is decided from a fresh look, so what was cut short goes on.
 * It knows neither SSH nor the API: whoever calls it brings both.
 */
export { type ServerPorts, settleServers } from "./loop.ts";
export type { SeenServer, View, WantedServer } from "./types.ts";
