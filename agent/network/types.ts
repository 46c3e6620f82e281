import type { NetworkMembers } from "../session/index.ts";

/** What packets must pass through on this host: derived from an assignment alone, sorted, free of conflicts. */
export interface TrafficPlan {
  /** How the names of instances' links start; `anchor` too. */
  readonly devicePrefix: string;
  /** The device behind which nothing is: the ranges that are ours lead there until something better is known. */
  readonly anchor: string;
  /** The host's own address in the cluster's network. */
  readonly gateway: string;
  /** Instances' addresses on this host. */
  readonly hostCidr: string;
  /** Instances' addresses on all hosts. */
  readonly clusterCidr: string;
  /** Instances' addresses on each of the other hosts, sorted. */
  readonly peerCidrs: readonly string[];
  /** Services' virtual addresses. */
  readonly serviceCidr: string;
  /** In order of the virtual address. */
  readonly services: readonly BalancedService[];
  /** In order of protocol, port and address. */
  readonly published: readonly PublishedPort[];
  /** Instances of this host that take traffic: their own packets may come back to them through a service. */
  readonly localTargets: readonly string[];
  /** Instances of this host that may reach the cloud's metadata endpoints. */
  readonly metadataReaders: readonly string[];
  /** Addresses among those of `services` that are of no range of ours. */
  readonly fixedAddresses: readonly string[];
  /** Other hosts' own addresses in the cluster's network. */
  readonly otherGateways: readonly string[];
  /** In order of their names. */
  readonly networks: readonly NetworkMembers[];
  readonly groups: readonly TrafficGroup[];
}

/** Instances of this host that are in the same networks. */
export interface TrafficGroup {
  readonly id: string;
  /** Of `networks`, by name: only their members reach these instances and are reached by them, unless `isOpen`. */
  readonly networks: readonly string[];
  readonly isOpen: boolean;
  /** They reach nothing outside of the cluster. */
  readonly isInternal: boolean;
  /** The loopback address that answers when they ask the host for names. */
  readonly nameServer: string;
  readonly addresses: readonly string[];
}

/** A virtual address; every port and protocol goes to one of `targets` (instances' addresses). None: refused. */
export interface BalancedService {
  readonly uid: string;
  readonly address: string;
  readonly targets: readonly string[];
  /** Ports with another number at the instances; all others keep theirs. */
  readonly translated: readonly {
    readonly protocol: Protocol;
    readonly port: number;
    readonly targetPort: number;
  }[];
}

export interface PublishedPort {
  readonly protocol: Protocol;
  readonly port: number;
  /** The one address of the host it is published at. Absent: all of them, loopback too. */
  readonly hostIp?: string;
  readonly targetPort: number;
  /** None: refused. */
  readonly targets: readonly string[];
}

export type Protocol = "tcp" | "udp";

/** What a name server answers: names and domains in full, without a final dot, in lower case, sorted. */
export interface NameTable {
  /** The one address it listens on. */
  readonly address: string;
  /** A name in one of these that is not in `records` does not exist. */
  readonly domains: readonly string[];
  /** Any other name is asked of the host's own servers; where this is false, it does not exist. */
  readonly asksOthers: boolean;
  readonly records: readonly { readonly name: string; readonly address: string }[];
}

/** The kernel's packet rules; satisfied by `adapters/nftables`. */
export interface Traffic {
  /** All of the plan or nothing of it; established flows are not touched. Returns whether anything was changed. */
  apply(plan: TrafficPlan): Promise<boolean>;
  /** Looks whether the kernel still has what was applied; if not, the next `apply` writes everything. */
  inspect(): Promise<boolean>;
}

/** A name server that is a process of its own and outlives the agent; satisfied by `adapters/dnsmasq`. */
export interface NameServer {
  /** Makes it serve this table: adopts the running one, or starts one, and lets it reread what changed. */
  serve(table: NameTable): Promise<void>;
}

/** Name servers beside that one, for some instances each; satisfied by `adapters/dnsmasq`. */
export interface NameViews {
  /** Makes one serve each of these tables, and ends all others. */
  serve(tables: readonly NameTable[]): Promise<void>;
}

/** Instances' links to the host; satisfied by `adapters/libc`. */
export interface Links {
  ensureAnchor(anchor: {
    readonly device: string;
    readonly address: string;
    readonly routed: readonly string[];
    readonly unreachable: readonly string[];
  }): Promise<void>;
  plugIn(link: {
    readonly netnsFile: string;
    readonly hostDevice: string;
    readonly address: string;
    readonly mtu: number;
  }): Promise<void>;
  /** Unpins the namespace; its devices go once no process is left in it. */
  unplug(link: { readonly netnsFile: string }): Promise<void>;
  /** Routes to other hosts' ranges, among all others of the host. */
  listRoutes(namePrefix: string): Promise<readonly Partial<PeerRoute>[]>;
  ensureRoute(route: PeerRoute): Promise<void>;
  deleteRoute(route: PeerRoute): Promise<void>;
  listLinks(namePrefix: string): Promise<readonly { readonly name: string; readonly mtu: number }[]>;
  deleteLink(name: string): Promise<boolean>;
}

/** Another host's instances are reached by its own address. */
export interface PeerRoute {
  /** Its instances' addresses. */
  readonly destination: string;
  /** The host's own address, on a network that this one is on too. Absent: through the tunnel. */
  readonly gateway?: string;
  /** Absent: that of the network which the gateway is on. */
  readonly device?: string;
  /** This host's address in the cluster's network: what starts here comes from there. */
  readonly source: string;
}

/** An encrypted way to all hosts that have a key; satisfied by `adapters/wireguard`. */
export interface Tunnel {
  ensure(tunnel: {
    readonly listenPort: number;
    readonly mtu: number;
    readonly peers: readonly {
      readonly publicKey: string;
      readonly endpoint?: string;
      readonly ranges: readonly string[];
      readonly keepAliveSeconds?: number;
    }[];
  }): Promise<boolean>;
  remove(): Promise<void>;
}

/** Satisfied by `adapters/libc`. */
export interface Conntrack {
  /** Forgets UDP flows that were sent to one address and are answered by the other, of some such pairs; returns how many. */
  deleteUdpFlows(
    flows: readonly { readonly originalDestination: string; readonly replySource: string }[],
  ): Promise<number>;
}

/** Satisfied by `adapters/libc`. */
export interface Sockets {
  listTcp(netnsFile: string): Promise<readonly TcpSocket[]>;
}

/** Bytes and times are the kernel's own count. */
export type TcpSocket =
  | { readonly kind: "listening"; readonly port: number }
  | {
      readonly kind: "connected";
      readonly port: number;
      /** Both ends are the instance's. */
      readonly isInside: boolean;
      readonly unreadBytes: number;
      readonly unsentBytes: number;
      readonly hasReceived: boolean;
      readonly hasSent: boolean;
      readonly receivedAgoMs: number;
      readonly sentAgoMs: number;
    };

/** Settings of the network namespace the agent runs in; satisfied by `adapters/libc`. */
export interface Sysctls {
  read(name: `net.${string}`): string;
  /** Returns the value before. */
  write(name: `net.${string}`, value: string): string;
}
