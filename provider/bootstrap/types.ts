import type { JoinToken, Member, NetworkMode } from "../../contract/index.ts";
import type { RemoteMachine } from "../machines/index.ts";

/** Something about a machine that keeps an agent from running there, or instances from being of use. */
export interface Finding {
  readonly severity: "refusal" | "warning";
  readonly problem: string;
  readonly fix: string;
}

/** What the preflight's script saw; undefined where it could not tell. */
export interface Facts {
  readonly system: string;
  /** As in `uname -r`. */
  readonly kernel: string;
  /** As in `uname -m`. */
  readonly machine: string;
  /** Why root's rights cannot be had; undefined: they can. */
  readonly rootRefusal: string | undefined;
  readonly controllers: readonly string[];
  readonly overlay: boolean;
  readonly stateDir: string;
  readonly stateFreeBytes: number | undefined;
  readonly kitFreeBytes: number | undefined;
  /** Options of the mount that programs will lie on. */
  readonly kitMountOptions: readonly string[];
  readonly memoryBytes: number | undefined;
  /** How far its clock is ahead of ours. */
  readonly clockAheadMs: number | undefined;
  /** Of a cluster's own ports, those that somebody else than an agent listens on. */
  readonly portsTaken: readonly TakenPort[];
  /** The kit whose programs are the ones to use there. */
  readonly installed: InstalledKit | undefined;
  /** An agent keeps something there already. */
  readonly hasState: boolean;
  /** It keeps a cluster's state. */
  readonly hasStore: boolean;
  readonly membership: Membership | undefined;
  /** Tells it from other machines; undefined: it has no id of its own. */
  readonly machineDigest: string | undefined;
  readonly isAgentRunning: boolean;
}

export interface TakenPort {
  /** `7443/tcp`. */
  readonly port: string;
  /** `nginx (process 812)`; undefined: nobody can tell, or the kernel itself. */
  readonly by?: string | undefined;
}

export interface InstalledKit {
  readonly folder: string;
  /** The product's, as its manifest has it. */
  readonly version: string;
}

/** What the steps of a bootstrap work on. */
export interface Bootstrap {
  readonly machine: RemoteMachine;
  /** The agent's root folder there; absent: the machine's one agent. */
  readonly root: string | undefined;
  /** What the machine is to be: each listens on other ports. */
  readonly role: "server" | "host";
  /** The cluster's, which says whether all hosts have tunnels; absent: not known yet. */
  readonly mode?: NetworkMode | undefined;
  /** The host's name in the cluster. */
  readonly hostName: string;
  /** Absent: its agent is brought up as what it is, a new one as a cluster of its own. */
  readonly join?: Joining | undefined;
  readonly kits: Kits;
  readonly signal: AbortSignal;
  progress(message: string): void;
  warn(message: string): void;
  /** Told before the first thing is changed there. */
  touching?(): void;
}

/** A machine becomes part of a cluster with its agent's first start; one that is part of it already stays so. */
export interface Joining {
  readonly clusterId: string;
  /** Absent: the cluster has no such host yet. */
  readonly known: Pick<Member, "machineDigest"> | undefined;
  /** Asked for once the machine is ready to use it: a token lives for minutes. */
  token(): Promise<JoinToken>;
}

/** What a machine that joined a cluster knows of it. */
export interface Membership {
  readonly clusterId: string;
  readonly clusterName: string;
  /** The host's. */
  readonly name: string;
}

/** Brings the programs of an agent to a machine. */
export interface Kits {
  /**
   * Throws `host-unfit` where none was built for such a machine; sends nothing. @param architecture as in `uname -m`.
   * @returns the version of the product that it holds
   */
  require(machineName: string, architecture: string): Promise<string>;
  /** Only what is not there yet. @returns their folder there. */
  send(bootstrap: Omit<Bootstrap, "kits">, architecture: string): Promise<string>;
  /** Removes all that were sent before it, but for what an agent runs from. */
  removeOlder(bootstrap: Omit<Bootstrap, "kits">, architecture: string): Promise<void>;
}

/** What an agent's start came to. */
export interface Raised {
  readonly upgradedFrom?: string;
}
