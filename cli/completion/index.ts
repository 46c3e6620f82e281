/**
 * Completion for shells: what a word may become, from the table of commands and the names in the cluster.
 * Invariant: it never fails and never keeps a shell waiting; without an agent only what is fixed is offered.
 */
export { type Completing, complete } from "./complete.ts";
export { completionScripts, type Shell } from "./scripts.ts";
