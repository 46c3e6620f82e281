/**
 * Throw-away machines for tests that need root's powers: an agent, its instances and the Pulumi engine run in one.
 * A machine has its own mounts, network, processes, host name, IPC and cgroups (the same kind of tree as here, below
 * the caller's own), and shares files and kernel, so the clone, node and the caches are found at their usual paths.
 * Invariant: outside it leaves no trace but its folder and its cgroups, and neither of these outlives the process
 * that started it. Global sysctls and /sys are read-only inside. It does not simulate a disk, a clock or a boot.
 *
 * A lab is such a machine with a switch and hosts in it, each of which has all of that once more and a file system,
 * power and a cable of its own: `await using lab = await up(3)`.
 */
export type { Exit, MachineProcess, SpawnOptions } from "./enter.ts";
export type { Fault } from "./faults.ts";
export { type Flavour, flavourNames } from "./flavours.ts";
export type { Mount } from "./hierarchies.ts";
export type { Host, HostOptions, HostRecord } from "./host.ts";
export type { Lab, LabOptions, LabRecord } from "./lab.ts";
export * as lab from "./lab.ts";
export { type Inside, type Machine, type MachineOptions, startMachine } from "./machine.ts";
export type { Result, RunOptions } from "./run.ts";
export { guestPassword, type User } from "./ssh.ts";
export type { Process, Traces } from "./traces.ts";
