import { welcomeOf } from "./nature.ts";
import type { Machine, Occupant, Request } from "./types.ts";

/** Cores are counted in whole thousandths: sums of decimal fractions would drift. */
export const milliCores = (cores: number) => Math.round(cores * 1000);

/** Which hosts share a value of a label: the value's number by host, -1 where it is not set. */
export interface Domains {
  readonly of: Int32Array;
  readonly count: number;
}

/**
 * The hosts in order of their names and what is on them. Columns are indexed by a host's place in that order; a scan
 * of 5,000 hosts takes some ten microseconds.
 */
export interface Fleet {
  readonly machines: readonly Machine[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Thousandths of cores, and bytes, for instances. */
  readonly cores: Float64Array;
  readonly memory: Float64Array;
  /** One divided by these: multiplying is cheaper. */
  readonly perCore: Float64Array;
  readonly perByte: Float64Array;
  /** What is not reserved; below 0 where a host shrank. */
  readonly freeCores: Float64Array;
  readonly freeMemory: Float64Array;
  /** Room for one computation over all hosts: making it anew each time would cost more than the computation. */
  readonly scratch: Float64Array;
  readonly occupants: readonly Map<string, Occupant>[];
  /** How many instances of a service, or of a group, each host has; hosts without any are left out. */
  readonly byService: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly byGroup: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** By service: who must not be near it, `service` and the label's key. */
  readonly keptApart: ReadonlyMap<string, ReadonlyMap<string, Bond>>;
  /** By service: who is there only because it is near. */
  readonly keptNear: ReadonlyMap<string, ReadonlyMap<string, Bond>>;
  put(occupant: Occupant): void;
  take(occupant: Occupant): void;
  domains(key: string): Domains;
  /** 1 for each of a label's domains that has a host whose nature allows a request. */
  openDomains(request: Request, key: string): Uint8Array;
  /** How welcome a request is by each host's own nature; see `welcome`. */
  welcome(request: Request): Uint8Array;
}

/** Whose rule it is, and the label that says what is near. */
export interface Bond {
  readonly service: string;
  readonly key: string;
  readonly priority: number;
}

export function createFleet(unsorted: readonly Machine[], occupants: Iterable<Occupant> = []): Fleet {
  const machines = [...unsorted].sort((a, b) => (a.name < b.name ? -1 : 1));
  const column = (amount: (machine: Machine) => number) => Float64Array.from(machines, amount);
  const cores = column(({ capacity, systemReserved }) => milliCores(capacity.cpu - systemReserved.cpu));
  const memory = column(({ capacity, systemReserved }) => capacity.memory - systemReserved.memory);
  const there = machines.map(() => new Map<string, Occupant>());
  const byService = new Map<string, Map<number, number>>();
  const byGroup = new Map<string, Map<number, number>>();
  const bonds = {
    apart: new Map<string, Map<string, Bond>>(),
    together: new Map<string, Map<string, Bond>>(),
  };
  const domains = new Map<string, Domains>();
  const welcomes = new Map<string, Uint8Array>();
  const indexOf = new Map(machines.map(({ name }, index) => [name, index]));

  const account = (occupant: Occupant, sign: 1 | -1) => {
    const at = indexOf.get(occupant.host);
    if (at === undefined) return;
    const { request, group } = occupant;
    const { service: owner, priority } = request;
    freeCores[at] = (freeCores[at] ?? 0) - sign * milliCores(request.cpu);
    freeMemory[at] = (freeMemory[at] ?? 0) - sign * request.memory;
    if (sign === 1) there[at]?.set(occupant.id, occupant);
    else there[at]?.delete(occupant.id);
    count(byService, request.service, at, sign);
    if (!occupant.leaving) count(byGroup, group, at, sign);
    for (const { service, rule, required, key } of request.affinity)
      if (required && service !== owner)
        nested(bonds[rule], service).set(`${owner} ${key}`, { service: owner, key, priority });
  };
  const freeCores = cores.slice();
  const freeMemory = memory.slice();
  const inverse = (column: Float64Array) => column.map((amount) => (amount > 0 ? 1 / amount : 0));
  const [perCore, perByte] = [inverse(cores), inverse(memory)];
  const base: Omit<Fleet, "openDomains"> = {
    ...{
      machines,
      indexOf,
      cores,
      memory,
      freeCores,
      freeMemory,
      perCore,
      perByte,
      byService,
      byGroup,
    },
    keptApart: bonds.apart,
    keptNear: bonds.together,
    scratch: new Float64Array(machines.length),
    occupants: there,
    put: (occupant) => account(occupant, 1),
    take: (occupant) => account(occupant, -1),
    domains: (key) => cached(domains, key, () => domainsOf(machines, key)),
    welcome: (request) =>
      cached(welcomes, request.sort, () =>
        Uint8Array.from(machines, (machine) => welcomeOf(request, machine)),
      ),
  };
  const open = new Map<string, Uint8Array>();
  const fleet: Fleet = {
    ...base,
    openDomains: (request, key) =>
      cached(open, `${key} ${request.sort}`, () => openDomainsOf(base.domains(key), base.welcome(request))),
  };
  for (const occupant of occupants) fleet.put(occupant);
  return fleet;
}

function domainsOf(machines: readonly Machine[], key: string): Domains {
  const numbers = new Map<string, number>();
  const of = Int32Array.from(machines, ({ facts }) => {
    const value = facts[key];
    if (value === undefined) return -1;
    return cached(numbers, value, () => numbers.size);
  });
  return { of, count: numbers.size };
}

function openDomainsOf({ of, count: domains }: Domains, welcomes: Uint8Array): Uint8Array {
  const open = new Uint8Array(domains);
  for (let host = 0; host < of.length; host++) {
    const domain = of[host] as number;
    if (domain >= 0 && welcomes[host] !== 0) open[domain] = 1;
  }
  return open;
}

function count(counts: Map<string, Map<number, number>>, key: string, at: number, by: number): void {
  const inner = nested(counts, key);
  const next = (inner.get(at) ?? 0) + by;
  if (next > 0) inner.set(at, next);
  else inner.delete(at);
}

function nested<K, V>(maps: Map<string, Map<K, V>>, key: string): Map<K, V> {
  return cached(maps, key, () => new Map<K, V>());
}

function cached<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
