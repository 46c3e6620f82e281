import { gatewayOf } from "../cluster/index.ts";
import type { Assignment, InstanceSpec, RoutedPort, ServiceRoute } from "../session/index.ts";
import { groupsOf, isOpen } from "./groups.ts";
import type { BalancedService, PublishedPort, TrafficPlan } from "./types.ts";
import { peersOf } from "./underlay.ts";

/**
 * Derives the packet rules' content from an assignment. Pure; the same assignment in any order gives the same plan.
 * Two services that claim one virtual address or one published port, which the servers prevent, must not keep
 * the others from working: the one with the smaller uid has it.
 */
export function planTraffic(
  assignment: Pick<Assignment, "host" | "peers" | "services" | "placements" | "specs" | "networks">,
  { devicePrefix, anchor }: Pick<TrafficPlan, "devicePrefix" | "anchor">,
): TrafficPlan {
  const { host, services, placements, specs } = assignment;
  const routes = services.toSorted((one, other) => compare(one.uid, other.uid));
  const fixed = routes.flatMap(fixedIn);
  const balanced = uniqueBy([...routes.map(balance), ...fixed], ({ address }) => address);
  const published = uniqueBy(
    routes.flatMap((route) => publish(route, host.name)),
    keyOfPublished,
  );
  const peers = peersOf(assignment).toSorted((one, other) => compare(one.cidr, other.cidr));
  return {
    devicePrefix,
    anchor,
    gateway: host.gateway,
    hostCidr: host.cidr,
    clusterCidr: host.clusterCidr,
    // Through the tunnel come only those whom its keys admit.
    peerCidrs: peers.filter(({ wireguardKey }) => wireguardKey === undefined).map(({ cidr }) => cidr),
    serviceCidr: host.serviceCidr,
    services: sortedBy(balanced, ({ address }) => numberOf(address)),
    published: published.toSorted((one, other) => compare(keyOfPublished(one), keyOfPublished(other))),
    localTargets: sortedAddresses(routes.flatMap((route) => addressesOn(route, host.name))),
    metadataReaders: sortedAddresses(
      placements.filter(({ specKey }) => readsMetadata(specs[specKey])).map(({ address }) => address),
    ),
    fixedAddresses: sortedAddresses(fixed.map(({ address }) => address)),
    otherGateways: peers.map(({ cidr }) => gatewayOf(cidr)),
    networks: (assignment.networks ?? []).toSorted((one, other) => compare(one.name, other.name)),
    groups: groupsOf(assignment).map((group) => {
      const { id, networks, isInternal, nameServer, instances } = group;
      const addresses = instances.map(({ address }) => address);
      return { id, networks, isOpen: isOpen(group), isInternal, nameServer, addresses };
    }),
  };
}

/** A service's fixed addresses stand for its instance's own: every port is the instance's. */
function fixedIn(route: ServiceRoute): BalancedService[] {
  const { uid, networks = [] } = route;
  return networks.flatMap(({ address }) =>
    address === undefined
      ? []
      : [{ uid: `${uid}-${address}`, address, targets: targetsOf(route), translated: [] }],
  );
}

/** The contract's `security.cloudMetadata`. */
function readsMetadata(spec: InstanceSpec | undefined): boolean {
  const { security } = (spec?.inputs ?? {}) as { security?: { cloudMetadata?: boolean } };
  return security?.cloudMetadata ?? false;
}

/** Routes never change, and most of them are the same objects in the next assignment. */
const knownBalance = new WeakMap<ServiceRoute, BalancedService>();

function balance(route: ServiceRoute): BalancedService {
  const balanced = knownBalance.get(route) ?? balanceAnew(route);
  knownBalance.set(route, balanced);
  return balanced;
}

function balanceAnew(route: ServiceRoute): BalancedService {
  const translated = route.ports
    .filter(({ port, targetPort }) => port !== targetPort)
    .map(({ protocol, port, targetPort }) => ({ protocol, port, targetPort }));
  return {
    uid: route.uid,
    address: route.address,
    targets: targetsOf(route),
    translated: uniqueBy(translated, ({ protocol, port }) => `${protocol} ${port}`).toSorted(
      (one, other) => compare(one.protocol, other.protocol) || one.port - other.port,
    ),
  };
}

/** An instance on this host is preferred, so that it sees the client's own address. */
function publish(route: ServiceRoute, hostName: string): PublishedPort[] {
  const local = sortedAddresses(addressesOn(route, hostName));
  const targets = local.length > 0 ? local : targetsOf(route);
  return route.ports.filter(isPublished).map(({ protocol, publish: port, hostIp, targetPort }) => ({
    protocol,
    port,
    targetPort,
    targets,
    ...(hostIp !== undefined && hostIp !== everyAddress && { hostIp }),
  }));
}

const everyAddress = "0.0.0.0";

function isPublished(port: RoutedPort): port is RoutedPort & { publish: number } {
  return port.publish !== undefined;
}

function keyOfPublished({ protocol, port, hostIp = "" }: PublishedPort): string {
  return `${protocol} ${String(port).padStart(5, "0")} ${hostIp}`;
}

const knownTargets = new WeakMap<ServiceRoute, string[]>();

function targetsOf(route: ServiceRoute): string[] {
  const targets = knownTargets.get(route) ?? sortedAddresses(route.endpoints.map(({ address }) => address));
  knownTargets.set(route, targets);
  return targets;
}

function addressesOn({ endpoints }: ServiceRoute, hostName: string): string[] {
  return endpoints.filter(({ host }) => host === hostName).map(({ address }) => address);
}

function sortedAddresses(addresses: readonly string[]): string[] {
  return sortedBy([...new Set(addresses)], numberOf);
}

/** Asks each item for its key once: a host's addresses are sorted at every pass. */
function sortedBy<T>(items: readonly T[], keyOf: (item: T) => number): T[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function uniqueBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const item of items) if (!seen.has(keyOf(item))) seen.set(keyOf(item), item);
  return [...seen.values()];
}
