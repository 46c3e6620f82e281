/**
 * Registries, by way of the program in agent/registry: one child for each question and each pull, which holds the
 * connections and tokens.
 *
 * Invariant: credentials reach the child by its standard input alone; no argument, variable, file or error has them.
 * It does not know images or the store: what to bring and where it goes, the images feature says.
 */
export { createRegistry, type RegistryOptions } from "./registry.ts";
