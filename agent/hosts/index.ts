/**
 * The machines of a cluster: how one joins, whether it answers, how it leaves.
 *
 * Invariant: a token is good for one host, once, and for its time; a machine is one host. A host is lost only after it was
 * silent while we listened. It places nothing: others ask it what state a host is in.
 */
export { createHosts } from "./hosts.ts";
export { type JoinAnswer, type JoinWish, joinAnswer, parseToken, parseWish, type Token } from "./join.ts";
export { type HostState, livenessLimits } from "./liveness.ts";
export { steadinessLimits } from "./steadiness.ts";
export type { Hosts, HostsPorts, ServerPorts } from "./types.ts";
export { type HostWatch, type WatchOptions, watchHosts } from "./watch.ts";
export { withStates } from "./with-states.ts";
