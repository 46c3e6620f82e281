/**
 * An encrypted tunnel to the other hosts by WireGuard: the kernel's device, else wireguard-go's, both spoken to by
 * wg(8). The device and a userspace tunnel's process outlive the agent and are found again by name.
 * Invariant: the private key is in one file of the state folder, and never in an argument, a log or an error.
 * It does not decide who the peers are, nor route anything.
 */
export { createWireguard, type Wireguard, type WireguardOptions } from "./wireguard.ts";
