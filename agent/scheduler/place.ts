import { bareCapability, quantityBytes } from "../../contract/index.ts";

/** What one instance needs of a host. Cores and bytes. */
export interface Request {
  readonly cpu: number;
  readonly memory: number;
  /** Hard limits it asks for, by name; -1 is unlimited. */
  readonly ulimits: Readonly<Record<string, number>>;
  /** Those it asks for by name, as `capabilityNames` has them; absent: none. */
  readonly capabilities?: readonly string[];
}

export interface HostCapacity {
  readonly name: string;
  readonly capacity: { readonly cpu: number; readonly memory: number };
  /** What it keeps for itself. */
  readonly systemReserved: { readonly cpu: number; readonly memory: number };
  /** Sum over the instances placed there. */
  readonly reserved: { readonly cpu: number; readonly memory: number };
  /** The most a hard ulimit can be there; absent: no ceiling. */
  readonly ulimitCeilings: Readonly<Record<string, number>>;
  /** What no container can be given there; absent: nothing. */
  readonly missingCapabilities?: readonly string[] | undefined;
}

export type Choice =
  | { readonly host: string }
  | { readonly rejections: readonly { readonly host: string; readonly reason: string }[] };

/** What is reserved where a workload says nothing. */
export const defaultRequest = { cpu: 0.05, memory: 64 * 2 ** 20 } as const;

/** Chooses the host with the most free memory of those it fits on, by name among equals. */
export function placeInstance(request: Request, hosts: readonly HostCapacity[]): Choice {
  const judged = hosts.map((host) => ({ host, reason: rejectionOf(request, host) }));
  const fitting = judged.filter(({ reason }) => reason === undefined).map(({ host }) => host);
  const best = fitting.sort((a, b) => free(b).memory - free(a).memory || (a.name < b.name ? -1 : 1))[0];
  if (best) return { host: best.name };
  return { rejections: judged.map(({ host, reason }) => ({ host: host.name, reason: reason ?? "" })) };
}

/** Why no host takes it, in one line: `1 host: vm lacks memory (wants 64Gi, 21Gi free)`. */
export function describeRejections(rejections: readonly { host: string; reason: string }[]): string {
  const shown = rejections.slice(0, 3).map(({ host, reason }) => `${host} ${reason}`);
  const more = rejections.length - shown.length;
  const count = `${rejections.length} ${rejections.length === 1 ? "host" : "hosts"}`;
  return `${count}: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

export function free({ capacity, systemReserved, reserved }: HostCapacity): { cpu: number; memory: number } {
  return {
    cpu: Math.max(0, capacity.cpu - systemReserved.cpu - reserved.cpu),
    memory: Math.max(0, capacity.memory - systemReserved.memory - reserved.memory),
  };
}

function rejectionOf(request: Request, host: HostCapacity): string | undefined {
  // First what no wait changes.
  for (const [name, wanted] of Object.entries(request.ulimits)) {
    const ceiling = host.ulimitCeilings[name];
    if (ceiling !== undefined && (wanted === -1 || wanted > ceiling)) {
      return `allows ulimit ${name} up to ${ceiling} (wants ${wanted === -1 ? "unlimited" : wanted})`;
    }
  }
  const lacked = request.capabilities?.find((name) => host.missingCapabilities?.includes(name));
  if (lacked !== undefined) return `has no capability ${lacked} to give`;
  const left = free(host);
  if (request.memory > left.memory) {
    return `lacks memory (wants ${formatBytes(request.memory)}, ${formatBytes(left.memory)} free)`;
  }
  // Cores are sums of decimal fractions: half a thousandth is rounding.
  if (request.cpu > left.cpu + 0.0005) return `lacks cpu (wants ${request.cpu}, ${round(left.cpu)} free)`;
  return undefined;
}

interface WorkloadNeeds {
  readonly resources?: {
    readonly cpu?: number;
    readonly memory?: string;
    readonly limits?: { readonly cpu?: number; readonly memory?: string };
  };
  readonly ulimits?: Readonly<Record<string, { readonly hard: number }>>;
  readonly security?: { readonly capabilities?: { readonly add?: readonly string[] } };
}

/** What a workload's checked inputs reserve: the request, else the limit, else the default. */
export function requestOf({ resources = {}, ulimits = {}, security }: WorkloadNeeds): Request {
  const memory = resources.memory ?? resources.limits?.memory;
  return {
    cpu: resources.cpu ?? resources.limits?.cpu ?? defaultRequest.cpu,
    memory: (memory === undefined ? undefined : quantityBytes(memory)) ?? defaultRequest.memory,
    ulimits: Object.fromEntries(Object.entries(ulimits).map(([name, { hard }]) => [name, hard])),
    capabilities: (security?.capabilities?.add ?? []).map(bareCapability),
  };
}

export function formatBytes(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${round(bytes / 1024 ** power)}${units[power]}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
