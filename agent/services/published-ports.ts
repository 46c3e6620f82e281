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
  const chosenBefore = [...own];
  const endpoints: Endpoint[] = [];
  for (const wanted of (candidate.inputs.ports ?? []) as PortInputs[]) {
    const { publish, name, protocol, hostIp, targetPort = wanted.port } = wanted;
    if (publish === undefined) continue;
    const number = publish || keptNumber(chosenBefore, protocol, targetPort);
    const asked = { protocol, number, hostIp };
    if (number > 0 && !own.some((endpoint) => isSame(endpoint, asked))) {
      await requireFree(candidate, others, probe, asked);
    }
    const isFree = async (port: number) =>
      (serviceHolding(others, protocol, port, hostIp) ??
        ourHolder(endpoints, protocol, port) ??
        (await probe.holder(protocol, port, hostIp))) === undefined;
    const port = number || (candidate.dryRun ? 0 : await firstFree(isFree));
    endpoints.push({
      ...(name !== undefined && { name }),
      protocol,
      port,
      ...(hostIp !== undefined && { hostIp }),
      targetPort,
    });
  }
  return endpoints;
}

/** In a dry run a port of the same stack may be one that the same run frees first. */
function mayLetGo({ dryRun, owner }: Candidate, holder: Desired["owner"]): boolean {
  return dryRun && isSameStack(owner, holder);
}

/** The number that was given before; each only once, since two ports may lead to the same one of the container. */
function keptNumber(before: Endpoint[], protocol: string, targetPort: number): number {
  const at = before.findIndex(
    (endpoint) => endpoint.protocol === protocol && endpoint.targetPort === targetPort,
  );
  return at < 0 ? 0 : (before.splice(at, 1)[0]?.port ?? 0);
}

interface Asked {
  readonly protocol: "tcp" | "udp";
  readonly number: number;
  readonly hostIp: string | undefined;
}

const isSame = (endpoint: Endpoint, { protocol, number, hostIp }: Asked) =>
  endpoint.protocol === protocol && endpoint.port === number && endpoint.hostIp === hostIp;

async function requireFree(
  { namespace, name }: Candidate,
  others: readonly Desired[],
  probe: PortProbe,
  { protocol, number, hostIp }: Asked,
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
