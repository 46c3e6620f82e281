/**
 * The cgroups of this agent's instances: what they use, what runs in them, and their end; in cgroup v2's one tree and
 * in v1's many alike. Invariant: nothing outside the cgroup named after the agent is touched, and everything can be
 * repeated. Does not set limits: the OCI runtime makes an instance's cgroup, with its limits, from the OCI config.
 */
export { createCgroups } from "./cgroups.ts";
export { detectTrees, type Trees } from "./detect.ts";
export type { Cgroups, CgroupUsage, CgroupVersion } from "./types.ts";
