/**
 * Connections between the cluster's machines: HTTP/2 within TLS 1.3, always dialled by the host, so that NAT is no obstacle.
 *
 * Invariant: each end knows who the other one is before a byte of a request counts: a host by the cluster's CA, a server too,
 * or by the CA's fingerprint in a token. It knows nothing of what is said over them.
 */
export { type Dialled, dial, dialServing } from "./dial.ts";
export { answerError, failureOf } from "./errors.ts";
export { ask, type Exchange, openStream } from "./exchange.ts";
export { linkLimits } from "./limits.ts";
export { readLines, readWhole, sendLine, sendParts } from "./lines.ts";
export { type Listener, type ListenerOptions, listen } from "./listen.ts";
export type { Call, Peer, Route, Routes } from "./types.ts";
