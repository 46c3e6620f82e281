import { isDeepStrictEqual } from "node:util";
import { type Attachment, attachmentsOf, openNetwork } from "../networks/index.ts";
import { servicesOf } from "../services/index.ts";
import { type Desired, families, hostOfKey, observedOn, placedOn, type Store } from "../store/index.ts";
import type { Stale } from "./stale.ts";
import type { Endpoint, RoutedPort, ServiceRoute } from "./types.ts";

type ByService = ReadonlyMap<string, readonly Endpoint[]>;

/**
 * Every service with the healthy instances that are not on their way out. Looks only at what is stale, and what is as it was
 * before is the same object: whoever compares many of them knows so at a glance.
 */
export function createRoutes(store: Store): (stale: Stale) => readonly ServiceRoute[] {
  const byHost = new Map<string, ByService>();
  const byService = new Map<string, Map<string, readonly Endpoint[]>>();
  let routes: readonly ServiceRoute[] = [];

  /** Looks at a host anew; tells the services that have other endpoints there. */
  function refresh(host: string): string[] {
    const [before, after] = [byHost.get(host) ?? new Map(), endpointsOn(store, host)];
    if (after.size > 0) byHost.set(host, after);
    else byHost.delete(host);
    return [...new Set([...before.keys(), ...after.keys()])].filter((uid) => {
      const here = after.get(uid);
      if (isDeepStrictEqual(before.get(uid), here)) return false;
      const hosts = byService.get(uid) ?? new Map<string, readonly Endpoint[]>();
      if (here) byService.set(uid, hosts.set(host, here));
      else if (hosts.delete(host) && hosts.size === 0) byService.delete(uid);
      return true;
    });
  }

  return (stale) => {
    const hosts = stale.all
      ? new Set([...hostsIn(store), ...byHost.keys()])
      : new Set([...stale.placed, ...stale.observed, ...stale.states]);
    const changed = new Set([...hosts].flatMap(refresh));
    const known = new Map(routes.map((route) => [route.uid, route]));
    const next = servicesOf(store).map((service) => {
      const { uid, namespace, name } = service;
      const earlier = known.get(uid);
      const isStale = stale.all || changed.has(uid) || stale.services.has(`${namespace}/${name}`);
      if (earlier && !isStale) return earlier;
      const endpoints = [...(byService.get(uid)?.values() ?? [])].flat();
      const route = routeOf(service, endpoints, attachmentsOf(store, service));
      return earlier && isDeepStrictEqual(earlier, route) ? earlier : route;
    });
    const isSame = next.length === routes.length && next.every((route, at) => route === routes[at]);
    if (!isSame) routes = next;
    return routes;
  };
}

const hostsIn = (store: Store) => store.list(families.placement).map(({ key }) => hostOfKey(key));

function endpointsOn(store: Store, host: string): ByService {
  const reported = observedOn(store, host).map((instance) => [instance.id, instance] as const);
  const observed = new Map(reported);
  const serving = placedOn(store, host).filter(({ id, want }) => {
    const instance = observed.get(id);
    // While its host is suspect: it may be us who are cut off, and those who can reach it still do.
    const runs = instance?.state === "running" || instance?.state === "unknown";
    return want === "run" && runs && instance.healthy;
  });
  const endpoints = new Map<string, Endpoint[]>();
  for (const { id, name, address, serviceUid } of serving) {
    const own = endpoints.get(serviceUid) ?? [];
    own.push({ instance: id, name, address, host });
    endpoints.set(serviceUid, own);
  }
  return endpoints;
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
