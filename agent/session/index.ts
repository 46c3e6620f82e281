/**
 * The session between a host and the servers: assignments down, observations up.
 *
 * Invariant: a host sees its own placements, what they name and the routes of its networks, nothing else of the
 * cluster; an assignment's revision only grows. It runs nothing itself.
 */
export { type Assignments, createAssignments } from "./assignments.ts";
export { withKeptRoutes } from "./kept-routes.ts";
export { laterSession } from "./later.ts";
export { createLocalSession, type LocalSessionOptions } from "./local.ts";
export { isBefore, isSameBesideRevision } from "./order.ts";
export { idleAmong, routedAmong, withoutRoutesTo } from "./own-health.ts";
export type { Link } from "./remote/link.ts";
export { keepLinks, type Links } from "./remote/links.ts";
export { keepCertificate } from "./remote/renewal.ts";
export { createRemoteSession } from "./remote/session.ts";
export { type ServingOptions, sessionRoutes } from "./serve.ts";
export type {
  Assignment,
  Endpoint,
  FileContent,
  HostAddresses,
  HostSession,
  InstanceSpec,
  NetworkMembers,
  Observation,
  Peer,
  Placement,
  RoutedPort,
  SecretContent,
  ServiceRoute,
} from "./types.ts";
export { paths as sessionPaths } from "./wire.ts";
