/**
 * Calls into the C library that Node lacks or makes slowly: posix_spawn, mount, network namespaces, rtnetlink,
 * ctnetlink, pidfds, the peer of a unix socket; each behind a type that a twin made of command-line tools satisfies
 * too (`createMountTool` beside `createMounts`), except what no tool can do. Invariants: no call blocks the event loop
 * longer than the kernel needs, and the agent's thread never stays in another network namespace.
 * Does not decide, retry or remember anything, and knows neither OCI nor nftables.
 */
export { createConntrack } from "./conntrack.ts";
export { createConntrackTool } from "./conntrack-tool.ts";
export type { Conntrack, UdpFlows } from "./conntrack-types.ts";
export { AdapterError, codeOf, errnoError, wrapNodeError } from "./error.ts";
export { exitCode } from "./exit-status.ts";
export { createFileCalls, type FileCalls } from "./files.ts";
export { canLoadLibc } from "./functions.ts";
export { createMounts } from "./mount.ts";
export { createMountTool } from "./mount-tool.ts";
export type { BindMount, Mounts, OverlayMount, TmpfsMount } from "./mount-types.ts";
export { listMountsBelow, type MountEntry } from "./mountinfo.ts";
export { isPinned } from "./netns.ts";
export { createNetwork } from "./network.ts";
export { gatewayAddress, hostMac, instanceDevice } from "./network-constants.ts";
export { createNetworkTool } from "./network-tool.ts";
export type { Address, Anchor, InstanceLink, Link, Network, Route } from "./network-types.ts";
export { createNodeSpawner } from "./node-spawn.ts";
export {
  createNodeProcesses,
  createProcesses,
  type Processes,
  type SignalOutcome,
  setOomScore,
} from "./process.ts";
export type {
  ChildFd,
  ChildProcess,
  Exit,
  Run,
  RunOptions,
  RunResult,
  Spawner,
  SpawnRequest,
} from "./processes-types.ts";
export { createRun, expectSuccess } from "./run.ts";
export { createSpawner } from "./spawn.ts";
export { isAlive, type ProcessIdentity, readStartTime } from "./start-time.ts";
export { type NetSysctl, readSysctl, writeSysctl } from "./sysctl.ts";
export { readUnixPeer, type UnixPeer } from "./unix-peer.ts";
