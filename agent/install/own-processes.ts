import { readdirSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import { type AgentPaths, tunnelDevice } from "../../contract/index.ts";
import { pinOf } from "./guard-record.ts";
import { readText } from "./process-id.ts";

/** Programs that outlive the agent. One of them belongs to us when an argument names a file in our folders. */
const programs = ["conmon", "crun", "dnsmasq", "etcd"];
/** Holds the tunnels' device where the kernel cannot; an argument names that. */
const tunnelProgram = "wireguard-go";

export interface OwnProcess {
  readonly pid: number;
  readonly name: string;
}

/** The programs an agent started for itself and for its instances. */
export function ownProgramsOf(paths: AgentPaths): OwnProcess[] {
  const isOurs = ({ pid, name }: OwnProcess) =>
    programs.includes(name) ? namesFolderOf(paths, pid) : name === tunnelProgram && holdsTunnelOf(paths, pid);
  return listProcesses().filter((process) => isOurs(process) && !isContained(process.pid));
}

export interface NameServer {
  /** Of the agent that started it. */
  readonly runDir: string;
  /** Where it listens; none when its configuration cannot be read. */
  readonly addresses: readonly string[];
}

/** The name servers of all agents here: each is told its configuration, which lies in its agent's folder. */
export function nameServers(): NameServer[] {
  return listProcesses().flatMap(({ pid, name }) => {
    const [, config = "", runDir] =
      /\0--conf-file=((\/[^\0]*?)\/dnsmasq\/(?:views\/[0-9.]+\/)?dnsmasq-[0-9a-f]{8}\.conf)\0/.exec(
        readText(`/proc/${pid}/cmdline`),
      ) ?? [];
    if (name !== "dnsmasq" || runDir === undefined || isContained(pid)) return [];
    const addresses = [...readText(config).matchAll(/^listen-address=(.+)$/gm)].map(
      ([, address = ""]) => address,
    );
    return [{ runDir, addresses }];
  });
}

/** Every process in the agent's own mount namespace, if it has one; never this process. */
export function processesInNamespaceOf(paths: AgentPaths): OwnProcess[] {
  const pin = pinOf(paths);
  if (pin === undefined) return [];
  const namespace = `mnt:[${statSync(pin).ino}]`;
  return listProcesses().filter(
    ({ pid }) => pid !== process.pid && linkOf(`/proc/${pid}/ns/mnt`) === namespace,
  );
}

/** Whoever serves a socket in our folders: the agent itself too, when no guard started it. */
export function serversOf(paths: AgentPaths): OwnProcess[] {
  const sockets = readText("/proc/net/unix")
    .split("\n")
    .flatMap((line) => {
      const { 6: inode, 7: path = "" } = line.split(/\s+/);
      return isBelow(paths, path) ? [`socket:[${inode}]`] : [];
    });
  if (sockets.length === 0) return [];
  return listProcesses().filter(({ pid }) => filesOf(pid).some((file) => sockets.includes(file)));
}

export function nameOf(pid: number): string {
  return basename(readText(`/proc/${pid}/cmdline`).split("\0")[0] ?? "");
}

function listProcesses(): OwnProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), name: nameOf(Number(entry)) }));
}

/** Whether it is of another pid namespace: what runs in a container may call itself whatever it likes. */
function isContained(pid: number): boolean {
  const namespace = linkOf(`/proc/${pid}/ns/pid`);
  return namespace !== "" && namespace !== linkOf("/proc/self/ns/pid");
}

function namesFolderOf(paths: AgentPaths, pid: number): boolean {
  const command = readText(`/proc/${pid}/cmdline`);
  return command.includes(`${paths.stateDir}/`) || command.includes(`${paths.runDir}/`);
}

function holdsTunnelOf(paths: AgentPaths, pid: number): boolean {
  return readText(`/proc/${pid}/cmdline`).split("\0").includes(tunnelDevice(paths));
}

function isBelow({ stateDir, runDir }: AgentPaths, path: string): boolean {
  return path.startsWith(`${stateDir}/`) || path.startsWith(`${runDir}/`);
}

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // it has ended
  }
}

/** Empty when there is none, or none that we may read: the process has ended, or belongs to the kernel or to another user. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
