/**
 * Machines of this run that are reached by SSH: a login and a tunnel to the agent's API each, shared by all resources.
 * Invariant: at most one of both to a machine, opened when something needs it and again when it was lost.
 * It brings nothing there (bootstrap does), and knows no cluster.
 */
export { anyOf } from "./any-of.ts";
export {
  agentProgramPath,
  createMachines,
  type Machines,
  type Place,
  type RemoteMachine,
} from "./machines.ts";
