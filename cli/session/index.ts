/**
 * One run of the command: what its global options say, the terminal, the agent, Ctrl-C.
 * Invariant: starting one opens nothing; the first question to the agent does.
 */
export { startSession } from "./start.ts";
export * from "./types.ts";
