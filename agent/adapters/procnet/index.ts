/**
 * The kernel's tables in /proc/net: who listens on this machine, what went through its devices.
 *
 * Invariant: reads only. It sees the network namespace it runs in, and no other.
 */
export { readDevices } from "./devices.ts";
export { createPortProbe } from "./probe.ts";
