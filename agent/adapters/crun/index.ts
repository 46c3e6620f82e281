/**
 * Containers by conmon and crun: the OCI config of an instance, its monitor, its exit, commands inside it.
 *
 * Invariant: a container and its monitor belong to no process of the agent's; all that is known of them is in files
 * that the next agent finds. It decides nothing: no restarts, no timeouts of its own but those of its tools.
 */

export type { MachineFacts } from "./config.ts";
export { readMachineFacts } from "./facts.ts";
export type { Programs } from "./monitor.ts";
export { createRuntime, type RuntimeOptions, type RuntimePorts } from "./runtime.ts";
