/**
 * What can be told or done on this machine alone, also while no agent answers: asked of the agent's program beside this one.
 * Invariant: what it answers is JSON, and a failure of it is a failure of ours with its code and its words.
 */
export { agentProgram } from "./agent-program.ts";
