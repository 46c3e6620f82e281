import { ConstellationError, isSameStack } from "../../contract/index.ts";
import type { Candidate } from "../documents/index.ts";
import { type Desired, families, type Store } from "../store/index.ts";

/** Who listens on this machine outside of the cluster. */
export interface PortProbe {
  /** The foreign process that holds the port, in words (`nginx (pid 812)`); undefined when it is free. */
  holder(protocol: "tcp" | "udp", port: number, hostIp?: string): Promise<string | undefined>;
}

/** Where numbers come from that the user leaves to us: Kubernetes' range for the same purpose. */
const chosenPorts = { first: 30_000, last: 32_767 } as const;

interface PortInputs {
  readonly port: number;
  readonly name?: string;
  readonly targetPort?: number;
  readonly protocol: "tcp" | "udp";
  readonly publish?: number;
  readonly hostIp?: string;
}

interface Endpoint {
  readonly name?: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly hostIp?: string;
  readonly targetPort: number;
}

/** A port that is to be published. */
type Published = PortInputs & { readonly publish: number };

/**
 * The published ports of a service, in the order of its `ports`. `taken` names the other service or the foreign process
 * that holds one. `publish: 0` keeps the number it was given before, else takes a free one; in a dry run it stays 0.
 */
export async function publishPorts(
  candidate: Candidate,
  store: Store,
  probe: PortProbe,
): Promise<Endpoint[]> {
  const others = store
    .list(families.desired)
    .map(({ record }) => record)
    .filter(({ uid, owner }) => uid !== candidate.uid && !mayLetGo(candidate, owner));
  const own = endpointsOf(candidate.earlier);
  const wanted = publishedOf(candidate.inputs);
  const chosenBefore = chosenPortsOf(candidate.earlier);
  const endpoints = wanted.map((port) =>
    endpointOf(port, port.publish || keptNumber(port, chosenBefore, wanted)),
  );
  for (const [at, endpoint] of endpoints.entries()) {
    const { protocol, port, hostIp } = endpoint;
    if (port > 0) {
      if (!own.some((held) => isSame(held, endpoint))) await requireFree(candidate, others, probe, endpoint);
    } else if (!candidate.dryRun) {
      const isFree = async (number: number) =>
        (serviceHolding(others, protocol, number, hostIp) ??
          ourHolder(endpoints, protocol, number) ??
          (await probe.holder(protocol, number, hostIp))) === undefined;
      endpoints[at] = { ...endpoint, port: await firstFree(isFree) };
    }
  }
  return endpoints;
}

const publishedOf = (inputs: Desired["inputs"]): Published[] =>
  ((inputs.ports ?? []) as PortInputs[]).filter((port): port is Published => port.publish !== undefined);

function endpointOf(
  { name, protocol, port, hostIp, targetPort = port }: Published,
  number: number,
): Endpoint {
  return {
    ...(name !== undefined && { name }),
    protocol,
    port: number,
    ...(hostIp !== undefined && { hostIp }),
    targetPort,
  };
}

/** In a dry run a port of the same stack may be one that the same run frees first. */
function mayLetGo({ dryRun, owner }: Candidate, holder: Desired["owner"]): boolean {
  return dryRun && isSameStack(owner, holder);
}

interface Chosen {
  readonly from: Published;
  readonly number: number;
}

/** Numbers that were chosen here, each with the port that asked for one. Endpoints stand in the order of their ports. */
function chosenPortsOf(earlier: Desired | undefined): Chosen[] {
  const endpoints = endpointsOf(earlier);
  return publishedOf(earlier?.inputs ?? {}).flatMap((from, at) => {
    const number = endpoints[at]?.port ?? 0;
    return from.publish === 0 && number > 0 ? [{ from, number }] : [];
  });
}

/**
 * The number that this port was given before; 0 where it has none, or where another one asks for just that. Protocol and
 * port are unique in a service; at another address of the host the number may be somebody else's.
 */
function keptNumber(
  { protocol, port, hostIp }: Published,
  before: readonly Chosen[],
  wanted: readonly Published[],
): number {
  const kept = before.find(
    ({ from }) => from.protocol === protocol && from.port === port && from.hostIp === hostIp,
  );
  const isAskedFor = wanted.some(
    (other) => other.protocol === protocol && other.publish === kept?.number && overlap(other.hostIp, hostIp),
  );
  return kept === undefined || isAskedFor ? 0 : kept.number;
}

const isSame = (a: Endpoint, b: Endpoint) =>
  a.protocol === b.protocol && a.port === b.port && a.hostIp === b.hostIp;

async function requireFree(
  { namespace, name }: Candidate,
  others: readonly Desired[],
  probe: PortProbe,
  { protocol, port: number, hostIp }: Endpoint,
): Promise<void> {
  const holder =
    serviceHolding(others, protocol, number, hostIp) ?? (await probe.holder(protocol, number, hostIp));
  if (holder === undefined) return;
  throw new ConstellationError(
    "taken",
    `publish ${protocol} port ${number} for service ${namespace}/${name}: ${holder} holds it; choose another port, or 0 for a free one`,
  );
}

function serviceHolding(
  others: readonly Desired[],
  protocol: string,
  port: number,
  hostIp: string | undefined,
): string | undefined {
  const holder = others.find((other) =>
    endpointsOf(other).some(
      (endpoint) =>
        endpoint.protocol === protocol && endpoint.port === port && overlap(endpoint.hostIp, hostIp),
    ),
  );
  return holder && `service ${holder.namespace}/${holder.name}`;
}

const ourHolder = (endpoints: readonly Endpoint[], protocol: string, port: number) =>
  endpoints.some((endpoint) => endpoint.protocol === protocol && endpoint.port === port)
    ? "this service"
    : undefined;

/** Every address, or one of them. */
const everywhere = new Set([undefined, "0.0.0.0"]);
const overlap = (a: string | undefined, b: string | undefined) =>
  everywhere.has(a) || everywhere.has(b) || a === b;

async function firstFree(isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (let port = chosenPorts.first; port <= chosenPorts.last; port++) if (await isFree(port)) return port;
  throw new ConstellationError(
    "taken",
    `find a free port: ${chosenPorts.first} to ${chosenPorts.last} are all in use; name one`,
  );
}

function endpointsOf(service: Desired | undefined): readonly Endpoint[] {
  return (service?.outputs.endpoints ?? []) as Endpoint[];
}
