import { ConstellationError } from "../../contract/index.ts";
import { gatewayOf } from "../cluster/index.ts";
import { type Attachment, attachmentsOf, openNetwork } from "../networks/index.ts";
import { digestsOnly, openStored, type Sealer } from "../secrets/index.ts";
import {
  minHealthyTimeMs,
  observedInstances,
  placementsOf,
  referencesOf,
  servicesOf,
} from "../services/index.ts";
import { type Desired, families, keys, type Placed, type Store } from "../store/index.ts";
import { createMemberships, type Memberships, networksOf } from "./networks.ts";
import { peersAmong } from "./peers.ts";
import type {
  Assignment,
  Endpoint,
  FileContent,
  InstanceSpec,
  Placement,
  RoutedPort,
  SecretContent,
  ServiceRoute,
} from "./types.ts";

/** What one host is to do, derived from the store as it is now; undefined until the host belongs to a cluster. */
export function assignmentOf(store: Store, sealer: Sealer, hostName: string): Assignment | undefined {
  const cluster = store.get(families.cluster, keys.cluster)?.record;
  const host = store.get(families.host, keys.host(hostName))?.record;
  if (!cluster || !host) return undefined;
  const placements = placementsOf(store);
  const placed = placements.filter((placement) => placement.host === hostName);
  const memberships = createMemberships(store);
  const specs = specsOf(
    store,
    sealer,
    placed.map((placement) => placement.placed),
  );
  return {
    revision: store.revision(),
    ...lineageOf(store),
    host: {
      name: host.name,
      cidr: host.cidr,
      gateway: gatewayOf(host.cidr),
      clusterCidr: cluster.network.cidr,
      serviceCidr: cluster.network.serviceCidr,
      domain: cluster.network.domain,
    },
    placements: placed.map((placement) => placementOf(placement.placed, memberships)),
    specs,
    ...contentsOf(store, sealer, Object.values(specs)),
    registries: cluster.registries ?? {},
    ...(cluster.imageStorage?.maxSize !== undefined && { imageMaxSize: cluster.imageStorage.maxSize }),
    services: routesOf(store),
    peers: peersAmong(
      store.list(families.host).map(({ record }) => record),
      hostName,
      cluster.network.mode,
    ),
    ...networksOf(placed, placements, memberships),
    ...unknownServicesOf(store),
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

type Inputs = Desired["inputs"];

const specKey = (uid: string, revision: number) => `${uid}/${revision}`;

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

function specsOf(store: Store, sealer: Sealer, placed: readonly Placed[]): Record<string, InstanceSpec> {
  const specs: Record<string, InstanceSpec> = {};
  for (const { serviceUid, revision } of placed) {
    const key = specKey(serviceUid, revision);
    const stored = specs[key] ? undefined : store.get(families.spec, keys.spec(serviceUid, revision))?.record;
    if (!stored) continue;
    const { namespace, service, inputs, imageDigest } = stored;
    // A change of the update policy alone makes no new revision: instances are judged by the newest.
    const wanted = store.get(families.desired, keys.desired(namespace, "Service", service))?.record;
    const healthyMs = wanted?.uid === serviceUid ? minHealthyTimeMs(wanted) : stored.minHealthyTimeMs;
    // Nor does another way to the same image.
    const isSameImage = wanted?.uid === serviceUid && wanted.outputs.imageDigest === imageDigest;
    specs[key] = {
      ...{ namespace, service, imageDigest, minHealthyTimeMs: healthyMs },
      ...readable(
        {
          ...inputs,
          ...(isSameImage && wayToImage(wanted.inputs)),
          ...(wanted && whenCutOff(wanted, serviceUid)),
        },
        sealer,
      ),
    };
  }
  return specs;
}

/** As it is wanted now: a change of it replaces nothing. */
function whenCutOff({ uid, inputs: { disconnect } }: Desired, serviceUid: string): Inputs {
  return uid === serviceUid ? { disconnect } : {};
}

function wayToImage({ image, pullPolicy, imageCredentials }: Inputs): Inputs {
  return { image, pullPolicy, imageCredentials };
}

/** One secret that cannot be opened keeps back the instances that need it, and nothing else of the host. */
function readable(inputs: Inputs, sealer: Sealer): Pick<InstanceSpec, "inputs" | "unreadable"> {
  try {
    return { inputs: openStored(inputs, sealer) };
  } catch (error) {
    return { inputs: digestsOnly(inputs), unreadable: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConstellationError) return error.message;
  throw error;
}

/** The secrets and config files the specs name, and no others: the host must not see more than it runs. */
function contentsOf(store: Store, sealer: Sealer, specs: readonly InstanceSpec[]) {
  const contents = {
    Secret: {} as Record<string, SecretContent>,
    ConfigFile: {} as Record<string, FileContent>,
  };
  for (const { namespace, inputs } of specs) {
    for (const { kind, name } of referencesOf(inputs)) {
      const key = `${namespace}/${name}`;
      const stored = store.get(families.desired, keys.desired(namespace, kind, name))?.record.inputs;
      if (stored && !(key in contents[kind]))
        Object.assign(contents[kind], { [key]: contentOf(stored, sealer) });
    }
  }
  return { secrets: contents.Secret, configs: contents.ConfigFile };
}

function contentOf(stored: Inputs, sealer: Sealer): object {
  const { inputs, unreadable } = readable(stored, sealer);
  const { onChange: _, ...content } = inputs;
  return unreadable === undefined ? content : { unreadable };
}

/** Every service with the healthy instances that are not on their way out. */
export function routesOf(store: Store): ServiceRoute[] {
  const observed = observedInstances(store);
  const serving = placementsOf(store).filter(({ placed }) => {
    const instance = observed.get(placed.id);
    // While its host is suspect: it may be us who are cut off, and those who can reach it still do.
    const runs = instance?.state === "running" || instance?.state === "unknown";
    return placed.want === "run" && runs && instance.healthy;
  });
  const byService = Map.groupBy(serving, ({ placed }) => placed.serviceUid);
  return servicesOf(store).map((service) =>
    routeOf(service, (byService.get(service.uid) ?? []).map(endpointOf), attachmentsOf(store, service)),
  );
}

function endpointOf({ host, placed }: { host: string; placed: Placed }): Endpoint {
  return { instance: placed.id, name: placed.name, address: placed.address, host };
}

interface RoutedInputs {
  readonly aliases?: readonly string[];
  readonly discovery: "virtual" | "instances";
  readonly ports?: readonly {
    protocol: "tcp" | "udp";
    port: number;
    targetPort?: number;
    publish?: number;
    hostIp?: string;
  }[];
}

function routeOf(
  { uid, namespace, name, inputs, outputs }: Desired,
  endpoints: Endpoint[],
  networks: readonly Attachment[],
): ServiceRoute {
  const { aliases = [], discovery, ports = [] } = inputs as unknown as RoutedInputs;
  // The endpoints are the published ports, in the same order.
  const published = ((outputs.endpoints ?? []) as { port: number }[]).values();
  return {
    uid,
    namespace,
    name,
    aliases,
    address: String(outputs.address),
    discovery,
    ports: ports.map(({ protocol, port, targetPort = port, publish, hostIp }): RoutedPort => {
      const number = publish === undefined ? undefined : published.next().value?.port;
      return {
        protocol,
        port,
        targetPort,
        ...(number === undefined ? {} : { publish: number }),
        ...(hostIp === undefined ? {} : { hostIp }),
      };
    }),
    endpoints: endpoints.sort((a, b) => numeric(a.address) - numeric(b.address)),
    ...(!isOpenAlone(networks) && { networks }),
  };
}

/** As nearly all are: it says nothing of networks, or nothing that others do not say by that. */
const isOpenAlone = (networks: readonly Attachment[]) =>
  networks.every(({ network, aliases }) => network === openNetwork && aliases.length === 0);

const numeric = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
