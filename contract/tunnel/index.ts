/**
 * The way to an agent on another machine: many connections to its socket over the two streams of a running
 * `constellation-agent dial` (`agent/dial` is the other half). A folder of its own, and no part of contract/index.ts,
 * since it brings HTTP/2, for which an agent and most commands have no use.
 */
export * from "./tunnel.ts";
