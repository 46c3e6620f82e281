/**
 * What all sides agree on: the resources, the agent's API and its client, error codes, limits, paths.
 * Imported by all, imports none. Does no I/O of its own but through the client.
 */
export { type AgentLine, parseAgentLine } from "./agent-lines.ts";
export { absentCode } from "./api/address.ts";
export * from "./api/client.ts";
export * from "./api/drain.ts";
export * from "./api/exec-frames.ts";
export * from "./api/openapi.ts";
export * from "./api/routes.ts";
export * from "./documents.ts";
export * from "./errors.ts";
export * from "./files.ts";
export * from "./images/index.ts";
export * from "./limits.ts";
export * from "./machine.ts";
export * from "./model/common.ts";
export * from "./model/defaults.ts";
export * from "./model/diff.ts";
export * from "./model/field.ts";
export { bareCapability, capabilityNames } from "./model/linux.ts";
export { sayIssue } from "./model/messages.ts";
export * from "./model/nearest.ts";
export * from "./model/paths.ts";
export * from "./model/resource.ts";
export * from "./model/secrets.ts";
export * from "./model/validate.ts";
export * from "./model/values.ts";
export * from "./paths.ts";
export * from "./ports.ts";
export type { NetworkMode } from "./resources/cluster.ts";
export { components } from "./resources/components.ts";
export { functions } from "./resources/functions.ts";
export {
  defaultSystemReserve,
  type HostSettings,
  hostSettings,
  type Taint,
} from "./resources/host-settings.ts";
export * from "./resources/index.ts";
export type { Affinity, Constraint, PlacementRules, Spread, Toleration } from "./resources/placement.ts";
export { type Servers, type SshLogin, ssh as sshLogin } from "./resources/servers.ts";
export { isNewer } from "./versions.ts";
