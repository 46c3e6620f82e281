/**
 * What an agent may leave on a machine, and how each kind of it is removed.
 * Invariant: a step names a thing only when its name, place or record shows that it is ours.
 * It stops nothing gracefully: who wants instances to end in order deletes them while the agent runs.
 */
import type { CleanupStep } from "../types.ts";
import { cgroups } from "./cgroups.ts";
import { folders } from "./folders.ts";
import { mounts, privateMounts } from "./mounts.ts";
import { devices, nftTable, tunnelSocket } from "./network.ts";
import { agent, guard, processes } from "./processes.ts";
import { services } from "./services.ts";
import { sysctls } from "./sysctls.ts";

export { folders };

/** In the order of removal: each step relies on those above it having left nothing. */
export const steps: readonly CleanupStep[] = [
  ...services,
  guard,
  agent,
  processes,
  privateMounts,
  mounts,
  devices,
  tunnelSocket,
  nftTable,
  cgroups,
  sysctls,
  folders,
];
