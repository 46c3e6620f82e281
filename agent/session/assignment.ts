import { gatewayOf } from "../cluster/index.ts";
import type { Sealer } from "../secrets/index.ts";
import { placementsOf } from "../services/index.ts";
import {
  families,
  type HostRecord,
  keys,
  type Placed,
  type Store,
  type StoredCluster,
} from "../store/index.ts";
import { type Contents, createContents, specKey } from "./contents.ts";
import { createMemberships, type Memberships, networksOf } from "./networks.ts";
import { createPeering } from "./peers.ts";
import { type HostPlacement, routesOf } from "./routes.ts";
import type { Assignment, Peer, Placement, ServiceRoute } from "./types.ts";

/** What the assignments of all hosts are made of, as the store is at one moment. */
export interface Common {
  readonly revision: number;
  readonly cluster: StoredCluster | undefined;
  readonly hosts: ReadonlyMap<string, HostRecord>;
  readonly placements: readonly HostPlacement[];
  readonly byHost: ReadonlyMap<string, readonly HostPlacement[]>;
  readonly memberships: Memberships;
  readonly services: readonly ServiceRoute[];
  readonly peersOf: (host: string) => readonly Peer[];
  readonly contents: Contents;
  readonly rest: Pick<Assignment, "lineage" | "unknownServices">;
}

/** Derives what all hosts share; what is as it was the time before is the same objects. */
export function createDerive(store: Store, sealer: Sealer): () => Common {
  const contents = createContents(store, sealer);
  const peering = createPeering();
  let services: readonly ServiceRoute[] = [];
  return () => {
    contents.turn();
    const cluster = store.get(families.cluster, keys.cluster)?.record;
    const hosts = store.list(families.host).map(({ record }) => record);
    const placements = placementsOf(store);
    services = routesOf(store, placements, services);
    return {
      ...{ revision: store.revision(), cluster, contents, services, placements },
      hosts: new Map(hosts.map((host) => [host.name, host])),
      byHost: Map.groupBy(placements, ({ host }) => host),
      memberships: createMemberships(store),
      peersOf: peering(hosts, cluster?.network.mode ?? "direct"),
      rest: { ...lineageOf(store), ...unknownServicesOf(store) },
    };
  };
}

/** What one host is to do; undefined until the host belongs to a cluster. */
export function assignmentOf(common: Common, hostName: string): Assignment | undefined {
  const { cluster, placements, memberships } = common;
  const host = common.hosts.get(hostName);
  if (!cluster || !host) return undefined;
  const placed = common.byHost.get(hostName) ?? [];
  return {
    revision: common.revision,
    ...common.rest,
    host: {
      name: host.name,
      cidr: host.cidr,
      gateway: gatewayOf(host.cidr),
      clusterCidr: cluster.network.cidr,
      serviceCidr: cluster.network.serviceCidr,
      domain: cluster.network.domain,
    },
    placements: placed.map((placement) => placementOf(placement.placed, memberships)),
    ...common.contents.of(placed.map((placement) => placement.placed)),
    registries: cluster.registries ?? {},
    ...(cluster.imageStorage?.maxSize !== undefined && { imageMaxSize: cluster.imageStorage.maxSize }),
    services: common.services,
    peers: common.peersOf(hostName),
    ...networksOf(placed, placements, memberships),
  };
}

export function lineageOf(store: Store): Pick<Assignment, "lineage"> {
  const lineage = store.get(families.leader, keys.leader)?.record.lineage;
  return lineage === undefined ? {} : { lineage };
}

function unknownServicesOf(store: Store): Pick<Assignment, "unknownServices"> {
  const unknown = store.unreadable().flatMap(({ key }) => {
    const [family, namespace = "", kind, name = ""] = key.split("/");
    const isUnknown = family === "desired" && kind === "Service" && !store.get(families.desired, key);
    return isUnknown ? [`${namespace}/${name}`] : [];
  });
  return unknown.length === 0 ? {} : { unknownServices: unknown };
}

function placementOf(
  { at: _, isMoving: __, isFenced: ___, ...placed }: Placed,
  memberships: Memberships,
): Placement {
  const membership = memberships(placed);
  return {
    ...placed,
    specKey: specKey(placed.serviceUid, placed.revision),
    ...(membership && { membership }),
  };
}
