/**
 * Carries connections to the agent's socket over standard input and output: how who has a login here, and no more,
 * reaches the API (decision 18). `contract/tunnel` is the other half and says what goes over the line.
 * Invariant: it knows nothing of what it carries, and has the rights of who started it, no others.
 * It waits for no agent: where none listens, each connection is refused with the reason.
 */
export { serveDial } from "./serve.ts";
