/**
 * The instances of one host: makes what the assignment places here, keeps it running by its restart policy, reports it.
 *
 * Invariant: what was started outlives the agent; an agent that starts again adopts the same processes and touches none.
 * Level-based: records on disk, the runtime's files and the assignment are looked at again on every pass.
 * It does not choose hosts or addresses, move traffic, or pull images: the leader, the network and the images do.
 */
export { createInstanceAccess, type ExecRequest } from "./access.ts";
export { makeFolders } from "./folders.ts";
export {
  createHostInstances,
  type HostInstances,
  type InstancesOptions,
  type InstancesPorts,
} from "./loop.ts";
export type { Folders } from "./places.ts";
export { readSnapshot } from "./snapshot.ts";
export type * from "./types.ts";
