/**
 * Calls into the C library that Node lacks or makes slowly: posix_spawn, mount, network namespaces, rtnetlink,
 * ctnetlink, sock_diag, pidfds, the peer of a unix socket; each behind a type that a twin made of command-line tools satisfies
 * too (`createMountTool` beside `createMounts`), except what no tool can do. Invariants: no call blocks the event loop
 * longer than the kernel needs, and the agent's thread never stays in another network namespace.
 * Does not decide, retry or remember anything, and knows neither OCI nor nftables.
 */
export { readBootClock, readBootId } from "./clock.ts";
export { createConntrack } from "./conntrack/conntrack.ts";
export { createConntrackTool } from "./conntrack/conntrack-tool.ts";
export type { Conntrack, UdpFlows } from "./conntrack/types.ts";
export { AdapterError, codeOf, errnoError, wrapNodeError } from "./error.ts";
export { createFileCalls, type FileCalls } from "./files.ts";
export { createMounts } from "./mount/mount.ts";
export { createMountTool } from "./mount/mount-tool.ts";
export type { BindMount, Mounts, OverlayMount, TmpfsMount } from "./mount/types.ts";
export { gatewayAddress, hostMac, instanceDevice } from "./network/constants.ts";
export { isPinned } from "./network/netns.ts";
export { createNetwork } from "./network/network.ts";
export { createNetworkTool } from "./network/network-tool.ts";
export { type NetSysctl, readSysctl, writeSysctl } from "./network/sysctl.ts";
export type { Address, Anchor, GatewayRoute, InstanceLink, Link, Network, Route } from "./network/types.ts";
export { type FoundProcess, findProcesses } from "./process/find.ts";
export {
  createNodeProcesses,
  createProcesses,
  type Processes,
  type SignalOutcome,
} from "./process/process.ts";
export { isAlive, type ProcessIdentity, parseStartTime, readStartTime } from "./process/start-time.ts";
export { readUnixPeer, type UnixPeer } from "./process/unix-peer.ts";
export { createSockets } from "./sockets/sockets.ts";
export { createSocketsTool } from "./sockets/sockets-tool.ts";
export type { Sockets, TcpSocket } from "./sockets/types.ts";
export { exitCode } from "./spawn/exit-status.ts";
export { createNodeSpawner } from "./spawn/node-spawn.ts";
export { createRun, expectSuccess } from "./spawn/run.ts";
export { createSpawner } from "./spawn/spawn.ts";
export type {
  ChildFd,
  ChildProcess,
  Exit,
  Run,
  RunOptions,
  RunResult,
  Spawner,
  SpawnRequest,
} from "./spawn/types.ts";
export { openTerminal, resizeTerminalOf, type Terminal } from "./terminal/terminal.ts";
