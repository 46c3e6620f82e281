/**
 * Builds the kit that hosts get: programs from Debian with their libraries and loader, bound to the folder where kits
 * lie; Node; our own programs; the agent's bundle. The same inputs give the same digest.
 */
export { type BuildOptions, type BuiltKit, buildKit } from "./build.ts";
export { ensureKit } from "./ensure.ts";
export { manifestOf } from "./manifest.ts";
