import type { HostReport, Instance } from "../../contract/index.ts";
import type { RegistrySettings } from "../images/index.ts";
import type { Attachment, Membership } from "../networks/index.ts";

/**
 * What one host is to do, whole; a session may tell only what changed of it. A host keeps the last one in memory that
 * outlives its agent but no reboot, and starts from it.
 */
export interface Assignment {
  /** The store's revision it was derived from; of one lineage it only ever grows. */
  readonly revision: number;
  /** Another one: the store came back from a backup, and counts its revisions anew. Absent before anybody led. */
  readonly lineage?: string;
  readonly host: HostAddresses;
  readonly placements: readonly Placement[];
  /** By `specKey`: what the placements run. */
  readonly specs: Readonly<Record<string, InstanceSpec>>;
  /** By `namespace/name`: plain values of the secrets the specs name. Never written to disk. */
  readonly secrets: Readonly<Record<string, SecretContent>>;
  /** By `namespace/name`. */
  readonly configs: Readonly<Record<string, FileContent>>;
  /** How registries are reached, by host. */
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  /** The most that images may take on the host's disk, `20Gi`; absent: its own default. */
  readonly imageMaxSize?: string;
  /** Every service of the networks this host takes part in. */
  readonly services: readonly ServiceRoute[];
  /** Services, by `namespace/name`, of which the servers cannot read how they are reached: a host keeps what it knows. */
  readonly unknownServices?: readonly string[];
  /** The cluster's other hosts that have an address, by name. Absent in what an agent for one host kept: none. */
  readonly peers?: readonly Peer[];
  /** The networks that instances of this host are in, but for the open one, by name. Absent: none. */
  readonly networks?: readonly NetworkMembers[];
}

/** Who may reach whom: all in one network. */
export interface NetworkMembers {
  /** `namespace/name` */
  readonly name: string;
  /** Addresses of its instances on all hosts, healthy or not, sorted. */
  readonly members: readonly string[];
}

/** Another host, as this one reaches it. */
export interface Peer {
  readonly name: string;
  /** Its instances' addresses. */
  readonly cidr: string;
  /** Of the machine, outside of the cluster's network. Absent: nobody can dial it; where it is, it says when it dials. */
  readonly address?: string;
  /** The public key of its end of a tunnel, in base64. With one, packets take the tunnel; without, they go as they are. */
  readonly wireguardKey?: string;
  /** This host alone can open the tunnel, and keeps it open. */
  readonly keepsOpen?: boolean;
  /** Neither can dial the other: this peer, by name, passes packets on. */
  readonly via?: string;
}

export interface HostAddresses {
  readonly name: string;
  /** Instances' addresses here: `10.64.0.0/22`. */
  readonly cidr: string;
  /** The host's own address within it, also its DNS server's: `10.64.0.1`. */
  readonly gateway: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly domain: string;
}

/** One slot's instance on this host. */
export interface Placement {
  /** Unique for ever: `web-0-5f3a9c`. */
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  readonly serviceUid: string;
  /** The slot: `web-0`. */
  readonly name: string;
  readonly index: number;
  /** Key into `specs`: `<service uid>/<spec revision>`. */
  readonly specKey: string;
  /** The spec's revision. */
  readonly revision: number;
  readonly address: string;
  /** Absent: it is in the open network alone. */
  readonly membership?: Membership;
  /**
   * `run`: keep it running by its restart policy. `drain`: out of traffic, then stop gracefully; the leader
   * removes the placement once the host has reported that it is gone.
   */
  readonly want: "run" | "drain";
  /** Why, in words, for people: `replicas lowered to 2`. */
  readonly reason: string;
}

/** A revision's immutable workload: the checked inputs of a Service with secret leaves opened. */
export interface InstanceSpec {
  readonly namespace: string;
  readonly service: string;
  /** As `contract/resources/service.ts` declares them, defaults filled in. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Digest of the image's manifest. */
  readonly imageDigest: string;
  /** How long it must run to count as healthy where nothing checks its health. */
  readonly minHealthyTimeMs: number;
  /** Why no instance can start from it: the inputs then lack what could not be opened. */
  readonly unreadable?: string;
}

export type FileContent = { readonly content: string } | { readonly files: Readonly<Record<string, string>> };
export type SecretContent =
  | { readonly value: string }
  | { readonly values: Readonly<Record<string, string>> }
  /** Why its values cannot be had. */
  | { readonly unreadable: string };

/** How a service is reached, cluster wide. */
export interface ServiceRoute {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** The virtual address. */
  readonly address: string;
  readonly discovery: "virtual" | "instances";
  readonly ports: readonly RoutedPort[];
  /** Instances that take traffic now, in order of their address. */
  readonly endpoints: readonly Endpoint[];
  /** The networks it takes part in, with what it is called and where it is reached there. Absent: the open one alone. */
  readonly networks?: readonly Attachment[];
}

export interface RoutedPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly targetPort: number;
  /** Published at the hosts' own addresses under this number. */
  readonly publish?: number;
  readonly hostIp?: string;
}

export interface Endpoint {
  readonly instance: string;
  /** The slot, `web-0`: resolves as `web-0.web`. */
  readonly name: string;
  readonly address: string;
  readonly host: string;
}

/** What a host reports: its whole view, sent on every transition, coalesced by the session. */
export interface Observation {
  readonly host: HostReport;
  readonly instances: readonly Instance[];
  /** What the host knew when it reported: a server that is behind that reads up to it first. */
  readonly heard?: { readonly revision: number; readonly lineage?: string | undefined } | undefined;
  /** Counts the reports of one agent: one that was under way for long takes nothing back. */
  readonly count?: number | undefined;
}

/**
 * The only way between a host's half of the agent and the servers: in the same process, or a stream to any
 * server. Nothing else of the cluster's state is visible to a host.
 */
export interface HostSession {
  /** The current assignment at once, then each newer one; intermediate ones may be skipped. */
  assignments(signal: AbortSignal): AsyncIterable<Assignment>;
  /** Calls back when instances are about to be placed somewhere: what takes long may begin; nothing may come of it. */
  onPlacing(callback: () => void): void;
  /** Replaces what the servers know of this host; resolves once it is stored. */
  report(observation: Observation): Promise<void>;
  /** A passing message about a long step: lost without harm. */
  progress(instanceId: string, message: string): void;
}
