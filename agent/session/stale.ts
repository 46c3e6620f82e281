import { type DecodedSet, families, hostOfKey } from "../store/index.ts";

/** What was derived from the store before some changes, and is not as it was any more. */
export interface Stale {
  /** Anything may be. */
  readonly all: boolean;
  /** Hosts with other placements. */
  readonly placed: ReadonlySet<string>;
  /** Hosts that have reported. */
  readonly observed: ReadonlySet<string>;
  /** Hosts whose state is another: what they reported reads differently, and others may pass packets on. */
  readonly states: ReadonlySet<string>;
  /** `namespace/name`: another document or another revision of its workload. */
  readonly services: ReadonlySet<string>;
}

/** Nothing of these is ever told to a host. */
const untold = new Set<string>(
  [families.token, families.allocation, families.history, families.resolutions, families.tombstone].map(
    ({ prefix }) => prefix,
  ),
);

/** Collects what changes make stale; at first everything is. */
export function createStale() {
  let all = true;
  let placed = new Set<string>();
  let observed = new Set<string>();
  let states = new Set<string>();
  let services = new Set<string>();

  function note({ family, key, now, before }: DecodedSet["changes"][number]): void {
    if (family === families.placement) placed.add(hostOfKey(key));
    else if (family === families.observed) observed.add(hostOfKey(key));
    else if (family === families.desired || family === families.spec) {
      const name = serviceOf((now ?? before)?.record);
      if (name === undefined) all = true;
      else services.add(name);
    } else if (!untold.has(family.prefix)) all = true;
  }

  return {
    /** Of a set that says nothing nobody knows what it means. */
    note({ changes, unreadable, states: told = [] }: Omit<DecodedSet, "revision">): void {
      if (changes.length + told.length === 0 || unreadable.length > 0) all = true;
      changes.forEach(note);
      for (const host of told) states.add(host);
    },
    /** A look failed, half way through perhaps. */
    noteAll(): void {
      all = true;
    },
    /** What is stale since the last call. */
    take(): Stale {
      const taken = { all, placed, observed, states, services };
      all = false;
      [placed, observed, states, services] = [new Set(), new Set(), new Set(), new Set()];
      return taken;
    },
  };
}

/** Of a Service or of what its instances run; undefined for other documents, which anything may name. */
function serviceOf(record: unknown): string | undefined {
  const { kind, namespace, name, service } = (record ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof service === "string") return `${namespace}/${service}`;
  return kind === "Service" ? `${namespace}/${name}` : undefined;
}
