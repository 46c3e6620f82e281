import type { Client, ClusterRecord, ClusterWrite } from "../../contract/index.ts";
import type { Finding } from "../bootstrap/index.ts";
import type { Access, Call, Properties, Stored } from "../engine/index.ts";

/** The machine that a cluster's agent is on, as the operations of a cluster need it. */
export interface Site {
  readonly client: Client;
  /** Throws where what is recorded is not on a machine that can be reached from here. */
  require(old: Stored, action: string): void;
  /** What speaks against an agent there; changes nothing. undefined: it cannot be looked at now, and that was said. */
  examine(call: Call): Promise<readonly Finding[] | undefined>;
  /** Brings an agent up, or a newer one in the place of what runs. */
  raise(call: Call): Promise<Raising>;
  /** Whether something was brought there, which a failure after that leaves. */
  isTouched(): boolean;
  /** Outputs that hold for what such a failure leaves: host keys, which are trusted from the first contact on. */
  seen(): Properties;
  /** Removes the agent and every trace of it. @param before what is to be done first, once nothing speaks against it. */
  remove(call: Call, before: () => Promise<void>): Promise<void>;
  /** Whether something of an agent's is there, running or not. */
  holdsState(): Promise<boolean>;
  /** How others get there; only once it was reached. */
  way(): Promise<Way>;
  /** Names of the servers that go with it. */
  servers(): Promise<readonly string[]>;
  /** Founds the cluster, or writes what it is anew; what is said of the machine itself comes from here. */
  put(cluster: Omit<ClusterWrite, "labels" | "taints" | "reserved">): Promise<ClusterRecord>;
  /** Makes the machines those of the founded cluster that the program names. @returns why it is not all done. */
  gather(cluster: ClusterRecord, call: Call): Promise<readonly string[]>;
}

export interface Raising {
  readonly warnings: readonly Finding[];
  readonly upgradedFrom?: string;
}

export interface Way {
  readonly access: Omit<Access, "id">;
  /** Outputs beside it. */
  readonly outputs: Properties;
}

/** @param old what is recorded of it, with the host keys that were seen. */
export type SiteOf = (inputs: Properties, old?: Stored) => Site;
