import { gatewayOf } from "../cluster/index.ts";
import type { Sealer } from "../secrets/index.ts";
import {
  families,
  type HostRecord,
  keys,
  type Placed,
  placedOn,
  type Store,
  type StoredCluster,
} from "../store/index.ts";
import { type Contents, createContents, specKey } from "./contents.ts";
import {
  createMembers,
  createMemberships,
  type Members,
  type Memberships,
  networksAmong,
} from "./networks.ts";
import { createPeering } from "./peers.ts";
import { createRoutes } from "./routes.ts";
import type { Stale } from "./stale.ts";
import type { Assignment, Peer, Placement, ServiceRoute } from "./types.ts";

/** What the assignments of all hosts are made of, as the store is at one moment; hosts' own parts may be newer. */
export interface Common {
  readonly revision: number;
  readonly services: readonly ServiceRoute[];
  readonly rest: Pick<Assignment, "lineage" | "unknownServices">;
  /** What is one host's alone; undefined until the host belongs to a cluster. */
  readonly ownOf: (host: string) => Own | undefined;
  readonly peersOf: (host: string) => readonly Peer[];
  readonly membersOf: Members;
}

/** A host's own part, from its placements and what they name. */
interface Own {
  /** The store's, when it was derived. */
  readonly revision: number;
  readonly part: Omit<Assignment, "revision" | "services" | "peers" | "networks" | keyof Common["rest"]>;
  /** The networks of what is placed here. */
  readonly networks: ReadonlySet<string>;
  /** `namespace/name` of its services. */
  readonly services: ReadonlySet<string>;
}

/** Looks, after which what was opened for instances that are no longer anywhere is let go of. */
const looksKept = 64;

/** Derives what all hosts share; what is as it was the time before is the same objects, and only what is stale is looked at. */
export function createDerive(store: Store, sealer: Sealer): (stale: Stale) => Common {
  const contents = createContents(store, sealer);
  const peering = createPeering();
  const routes = createRoutes(store);
  const members = createMembers(store);
  const known = new Map<string, Own>();
  let looks = 0;
  let peersOf: Common["peersOf"];

  function forget({ all, placed, services }: Stale): void {
    if (looks++ % looksKept === 0) contents.turn();
    for (const [host, own] of known) {
      const isStale = all || placed.has(host) || [...services].some((name) => own.services.has(name));
      if (isStale) known.delete(host);
    }
  }

  return (stale) => {
    forget(stale);
    const cluster = store.get(families.cluster, keys.cluster)?.record;
    const memberships = createMemberships(store);
    if (stale.all || stale.states.size > 0) {
      const hosts = store.list(families.host).map(({ record }) => record);
      peersOf = peering(hosts, cluster?.network.mode ?? "direct");
    }
    return {
      revision: store.revision(),
      services: routes(stale),
      rest: { ...lineageOf(store), ...unknownServicesOf(store) },
      peersOf,
      membersOf: members(memberships),
      ownOf(name) {
        const found = known.get(name);
        if (found) return found;
        const host = store.get(families.host, keys.host(name))?.record;
        if (!cluster || !host) return undefined;
        const part = ownPart(cluster, host, placedOn(store, name), memberships, contents);
        const own = { revision: store.revision(), ...part };
        known.set(name, own);
        return own;
      },
    };
  };
}

/** What one host is to do; undefined until the host belongs to a cluster. */
export function assignmentOf(common: Common, hostName: string): Assignment | undefined {
  const { rest, services, peersOf, membersOf } = common;
  const own = common.ownOf(hostName);
  if (own === undefined) return undefined;
  const networks = own.networks.size === 0 ? undefined : membersOf(own.networks);
  return {
    revision: Math.max(common.revision, own.revision),
    ...rest,
    ...own.part,
    services,
    peers: peersOf(hostName),
    ...(networks && { networks }),
  };
}

function ownPart(
  { network, registries = {}, imageStorage }: StoredCluster,
  { name, cidr }: HostRecord,
  placed: readonly Placed[],
  memberships: Memberships,
  contents: Contents,
): Omit<Own, "revision"> {
  const { cidr: clusterCidr, serviceCidr, domain } = network;
  return {
    part: {
      host: { name, cidr, gateway: gatewayOf(cidr), clusterCidr, serviceCidr, domain },
      placements: placed.map((one) => placementOf(one, memberships)),
      ...contents.of(placed),
      registries,
      ...(imageStorage?.maxSize !== undefined && { imageMaxSize: imageStorage.maxSize }),
    },
    networks: networksAmong(placed, memberships),
    services: new Set(placed.map(({ namespace, service }) => `${namespace}/${service}`)),
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
