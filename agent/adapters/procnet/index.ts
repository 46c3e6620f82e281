/**
 * The kernel's tables of sockets in /proc/net: who listens on this machine.
 *
 * Invariant: reads only. It sees the network namespace it runs in, and no other.
 */
export { createPortProbe } from "./probe.ts";
