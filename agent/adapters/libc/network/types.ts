export interface InstanceLink {
  /** Where the instance's network namespace is pinned; its folder exists. */
  readonly netnsFile: string;
  /** The host's end of the veth pair, at most 15 characters, not used for another namespace. */
  readonly hostDevice: string;
  /** The instance's IPv4 address, without prefix length. */
  readonly address: string;
  readonly mtu: number;
}

/** The device that carries what belongs to the host rather than to one instance. */
export interface Anchor {
  readonly device: string;
  /** The host's own address in the cluster's network, without prefix length. */
  readonly address: string;
  /** Ranges routed to the anchor, in CIDR: the services' virtual addresses, which nftables rewrites before they leave. */
  readonly routed: readonly string[];
  /** Ranges that are ours but empty until an instance's /32 says otherwise: answered with "unreachable" at once. */
  readonly unreachable: readonly string[];
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly state: "up" | "down";
}

export interface Address {
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
}

export interface Route {
  /** CIDR; `0.0.0.0/0` is the default route. */
  readonly destination: string;
  readonly type: "unicast" | "unreachable" | "blackhole" | "other";
  /** Absent for routes without a device. */
  readonly device?: string;
  readonly gateway?: string;
  /** The sender's address of what starts here. */
  readonly source?: string;
}

/** A range behind another machine. It vanishes with the source's address. */
export interface GatewayRoute {
  readonly destination: string;
  /** On a network this host is on. Absent: whatever is at the device's other end. */
  readonly gateway?: string;
  /** Needed where there is no gateway. */
  readonly device?: string;
  /** One of the host's own addresses. */
  readonly source: string;
}

/**
 * The host's and the instances' IPv4 network, routed: no bridge ports, each instance a /32 behind a veth of its own.
 * Everything can be repeated with the same arguments, also after a crash half-way. Throws AdapterError: EPERM, ENOENT
 * (folder of the pin), ENODEV, EINVAL, ETIMEDOUT (no answer from the kernel) ...
 */
export interface Network {
  /** Makes and pins a network namespace unless there is one at that path. */
  createNetns(netnsFile: string): Promise<void>;
  /** Unpins it; the kernel takes its devices away once no process is left in it. */
  removeNetns(netnsFile: string): Promise<void>;
  /**
   * Gives an instance its namespace, a link to the host, an address and a default route, and the host a route to it.
   * Another address for a namespace in use: `unplug` first.
   */
  plugIn(link: InstanceLink): Promise<void>;
  /** The cheap way back: unpins the namespace, and the devices and routes vanish with it, some milliseconds later. */
  unplug(link: Pick<InstanceLink, "netnsFile">): Promise<void>;
  ensureAnchor(anchor: Anchor): Promise<void>;
  /** Takes the anchor's device, addresses and routes away, also the unreachable ones. */
  removeAnchor(anchor: Pick<Anchor, "device" | "unreachable">): Promise<void>;
  /** Links of the host whose name starts so. */
  listLinks(namePrefix: string): Promise<Link[]>;
  /** IPv4 addresses on those links. */
  listAddresses(namePrefix: string): Promise<Address[]>;
  /** IPv4 routes of the main table over those links, and those without a device. */
  listRoutes(namePrefix: string): Promise<Route[]>;
  /** In place of an earlier one to that range. ENETUNREACH: the gateway is on no network of this host. */
  ensureRoute(route: GatewayRoute): Promise<void>;
  /** Does nothing where there is none with that source. */
  deleteRoute(route: Pick<GatewayRoute, "destination" | "source">): Promise<void>;
  /** Blocks for 12 to 20 ms while the kernel waits for readers: for leftovers, not for an instance's stop. False: none. */
  deleteLink(name: string): Promise<boolean>;
  /** Gives back what was opened; idempotent. */
  close(): void;
}
