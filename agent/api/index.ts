/**
 * The agent's API: the contract's routes on a unix socket, each parsed at the edge and handed to its feature.
 *
 * Invariant: every handler gets a principal; unknown fields are refused; every failure is an error of the contract.
 * It decides nothing about documents, instances or events.
 */
export { type ApiPorts, createHandlers } from "./handlers.ts";
export { serveHost } from "./host-only.ts";
export { type Server, serve } from "./server.ts";
export type { BlobStore, ExecOptions, ExecSession, InstanceAccess, Peer, Principal } from "./types.ts";
export { serveUnready } from "./unready.ts";
