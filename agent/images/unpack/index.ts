/**
 * Turns one layer, a tar archive as image builders write it, into a folder that overlayfs can mount.
 *
 * Invariant: nothing is created, changed or linked outside of the folder, whatever the archive says. The names are
 * checked here, and the process that runs this is confined to the folder, so either alone would do.
 * It does not know images: digests, sharing and what the layers below look like are the parent's business.
 */
export { unpackMain } from "./main.ts";
export { type UnpackMessage, unpackMessage } from "./messages.ts";
