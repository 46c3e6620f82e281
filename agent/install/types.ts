import type { AgentPaths } from "../../contract/index.ts";

/** Something about the machine that keeps an agent from running there, or instances from being of use. */
export interface Finding {
  /** `warning`: an agent runs all the same, and it may be meant so. */
  readonly severity: "refusal" | "warning";
  /** Names the check: `root-user`, `kernel`, `overlay`, `cgroups`, `libc`, `program`, `port-53`, `disk-space`, `folder`, `other-agent`, `firewall`. */
  readonly id: string;
  readonly problem: string;
  readonly fix: string;
  /** The package that mends it, as this machine's distribution names it, where there is one. */
  readonly package?: string;
}

/** What was seen on the machine; `undefined` where only root could tell. */
export interface Facts {
  readonly isRoot: boolean;
  /** As in `uname -r`. */
  readonly kernelRelease: string;
  readonly stateDir: string;
  readonly overlay: { readonly works: true } | { readonly works: false; readonly reason: string } | undefined;
  /** Cgroup controllers in the tree that the agent would use. */
  readonly controllers: readonly string[];
  /** Names of required programs that were not found. */
  readonly missingPrograms: readonly string[];
  /** Whether this process runs on the GNU C library, which an agent calls into. */
  readonly isGlibc: boolean;
  /** What installs packages here; undefined: none that we know. */
  readonly packageManager: PackageManager | undefined;
  /** Addresses whose port 53 somebody else holds. */
  readonly portTaken: TakenPort | undefined;
  /** On the file system of the state folder. */
  readonly freeBytes: number;
  /** Whether an agent of this root has kept its state there, running or not. */
  readonly hasState: boolean;
  /** Folders we need that hold something else. */
  readonly foreignFolders: readonly string[];
  /** Packet rules of others that drop what nobody lets through. */
  readonly droppingChains: readonly FirewallChain[];
  /** How the names of instances' links start. */
  readonly devicePrefix: string;
}

export interface TakenPort {
  /** `every address`, or one. */
  readonly address: string;
  /** Where the other agent keeps its sockets, when it is one that holds the port. */
  readonly agent?: string;
}

export type PackageManager = "apt" | "dnf" | "pacman" | "apk";

/** A chain of somebody else's nftables table. */
export interface FirewallChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook: "forward" | "input";
}

export interface UpOptions {
  /** Where the agent keeps what it owns; absent: the machine's one agent. */
  readonly root?: string;
  /** Path of the constellation-guard program. */
  readonly guard: string;
  /** The agent's program and arguments, paths absolute: `["/usr/bin/node", ".../agent.mjs", "run", "--root", ...]`. */
  readonly agent: readonly string[];
  /** Of that program: an agent that runs and is older is replaced by it. Absent: whatever runs is left. */
  readonly version?: string;
  /** Folders searched for programs before PATH. Default: `CONSTELLATION_KIT` and its `bin`. */
  readonly programFolders?: readonly string[];
  /** The address of the host on the instances' network. Default 10.64.0.1. */
  readonly gatewayAddress?: string;
  /** Called once the agent's folders are its own, before it starts. */
  readonly prepare?: (paths: AgentPaths) => void;
  readonly signal?: AbortSignal;
}

export interface UpResult {
  readonly paths: AgentPaths;
  readonly alreadyRunning: boolean;
  /** The version that was replaced. */
  readonly upgradedFrom?: string;
  /** What the preflight of a start found that does not keep the agent from running. */
  readonly warnings: readonly Finding[];
}

/** One thing on the machine that exists because of an agent. */
export interface Trace {
  /** Names the cleanup step: `process`, `mount`, `cgroup` ... */
  readonly kind: string;
  readonly item: string;
}

export interface DownResult {
  /** In the order of removal. */
  readonly removed: readonly Trace[];
  /** What could not be removed, and why. Empty when all went well. */
  readonly left: readonly (Trace & { readonly reason: string })[];
  /** What stays because somebody else came to need it. */
  readonly kept: readonly (Trace & { readonly reason: string })[];
}

/** Removes one kind of trace. `find` looks at the machine each time; `remove` may need several calls. */
export interface CleanupStep {
  readonly kind: string;
  find(paths: AgentPaths): Promise<string[]>;
  remove(item: string, paths: AgentPaths): Promise<void>;
  /** What it leaves, and `find` does not give, because somebody else came to need it. */
  keep?(paths: AgentPaths): Promise<readonly { readonly item: string; readonly reason: string }[]>;
}
