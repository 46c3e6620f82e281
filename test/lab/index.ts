/**
 * Throw-away machines for tests that need root's powers: an agent, its instances and the Pulumi engine run in one.
 * A machine has its own mounts, network, processes, host name, IPC and cgroups (the same kind of tree as here, below
 * the caller's own), and shares files and kernel, so the clone, node and the caches are found at their usual paths.
 * Invariant: outside it leaves no trace but its folder and its cgroups, and neither of these outlives the process
 * that started it. Global sysctls and /sys are read-only inside. It does not simulate a disk, a clock or a boot.
 */
export type { Exit, MachineProcess, SpawnOptions } from "./enter.ts";
export type { Mount } from "./hierarchies.ts";
export { type Machine, type MachineOptions, startMachine } from "./machine.ts";
export type { Result, RunOptions } from "./run.ts";
export type { Process, Traces } from "./traces.ts";
