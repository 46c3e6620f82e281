import {
  createConntrack,
  createConntrackTool,
  createMounts,
  createMountTool,
  createNetwork,
  createNetworkTool,
  createNodeProcesses,
  createNodeSpawner,
  createProcesses,
  createRun,
  createSockets,
  createSocketsTool,
  createSpawner,
} from "../../../agent/adapters/libc/index.ts";

/** Both ways to do the same: calls into libc, and command-line tools. Every check runs with each. */
export const implementations = {
  libc: () => {
    const spawner = createSpawner();
    return {
      spawner,
      run: createRun(spawner),
      processes: createProcesses(),
      mounts: createMounts(),
      network: createNetwork(),
      conntrack: createConntrack(),
      sockets: createSockets(),
    };
  },
  tools: () => {
    const spawner = createNodeSpawner();
    const run = createRun(spawner);
    return {
      spawner,
      run,
      processes: createNodeProcesses(),
      mounts: createMountTool(run),
      network: createNetworkTool(run),
      conntrack: createConntrackTool(run),
      sockets: createSocketsTool(run),
    };
  },
};

export type ImplementationName = keyof typeof implementations;
export type Implementation = ReturnType<(typeof implementations)[ImplementationName]>;

/** A check throws where something is not as it should be. `folder` is empty and on a disk. */
export type Check = (implementation: Implementation, folder: string) => Promise<void>;
