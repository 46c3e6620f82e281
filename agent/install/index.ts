/**
 * Brings an agent up on this machine, says how it is, and takes it down without a trace.
 * Invariant: a folder without our marker is never written to or deleted, and nothing below a mount is ever deleted.
 * It knows an agent from outside only: its guard's record, its socket, and the names that derive from its root.
 * It installs no packages and keeps no caches; who calls it does, and names what stays.
 */

export { down, traces } from "./down.ts";
export { claimFolders } from "./folders.ts";
export { keepsDeadlines } from "./guard-record.ts";
export { halt } from "./halt.ts";
export { preflight } from "./observe.ts";
export { requiredPrograms } from "./packages.ts";
export { run as runProgram } from "./programs.ts";
export { sayFindings, sayStatus } from "./say.ts";
export { type Status, type Supervised, status } from "./status.ts";
export type { DownResult, Facts, Finding, Trace, UpOptions, UpResult } from "./types.ts";
export { up } from "./up.ts";
