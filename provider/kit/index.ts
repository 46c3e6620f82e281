/**
 * The kit: all that a host gets, in files named by what they hold. This finds the kit that was built for a host's
 * processor, and sends a host what it lacks of it over any shell.
 * Invariant: a kit's folder on a host is whole and verified or absent; the receiver (agent/receiver) sees to that, and
 * what is sent here may be cut, repeated or sent twice at once. It builds nothing (tools/kit does) and knows no SSH.
 */
export { type KitArch, kitArchOf, kitArchs } from "./arch.ts";
export { type KitFile, kitRoot, type Manifest, manifestSchema } from "./manifest.ts";
export { type Kit, openKit } from "./open.ts";
export { removeOlderKits } from "./remove-older.ts";
export { type HostShell, type KitProgress, sendKit } from "./send.ts";
