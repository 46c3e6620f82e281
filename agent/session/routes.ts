import { isDeepStrictEqual } from "node:util";
import { type Attachment, attachmentsOf, openNetwork } from "../networks/index.ts";
import { observedInstances, servicesOf } from "../services/index.ts";
import type { Desired, Placed, Store } from "../store/index.ts";
import type { Endpoint, RoutedPort, ServiceRoute } from "./types.ts";

export interface HostPlacement {
  readonly host: string;
  readonly placed: Placed;
}

/**
 * Every service with the healthy instances that are not on their way out. What is as it was in `before` is the same object:
 * whoever compares many of them knows so at a glance.
 */
export function routesOf(
  store: Store,
  placements: readonly HostPlacement[],
  before: readonly ServiceRoute[],
): readonly ServiceRoute[] {
  const observed = observedInstances(store);
  const serving = placements.filter(({ placed }) => {
    const instance = observed.get(placed.id);
    // While its host is suspect: it may be us who are cut off, and those who can reach it still do.
    const runs = instance?.state === "running" || instance?.state === "unknown";
    return placed.want === "run" && runs && instance.healthy;
  });
  const byService = Map.groupBy(serving, ({ placed }) => placed.serviceUid);
  const known = new Map(before.map((route) => [route.uid, route]));
  const routes = servicesOf(store).map((service) => {
    const endpoints = (byService.get(service.uid) ?? []).map(endpointOf);
    const route = routeOf(service, endpoints, attachmentsOf(store, service));
    const earlier = known.get(service.uid);
    return earlier && isDeepStrictEqual(earlier, route) ? earlier : route;
  });
  const isSame = routes.length === before.length && routes.every((route, at) => route === before[at]);
  return isSame ? before : routes;
}

function endpointOf({ host, placed }: HostPlacement): Endpoint {
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
    endpoints: inOrder(endpoints),
    ...(!isOpenAlone(networks) && { networks }),
  };
}

/** As nearly all are: it says nothing of networks, or nothing that others do not say by that. */
const isOpenAlone = (networks: readonly Attachment[]) =>
  networks.every(({ network, aliases }) => network === openNetwork && aliases.length === 0);

function inOrder(endpoints: readonly Endpoint[]): Endpoint[] {
  const keyed = endpoints.map((endpoint) => ({ endpoint, at: numeric(endpoint.address) }));
  return keyed.sort((one, other) => one.at - other.at).map(({ endpoint }) => endpoint);
}

const numeric = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
