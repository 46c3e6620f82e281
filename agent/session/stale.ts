import { type DecodedSet, families, hostOfKey } from "../store/index.ts";

/** What was derived from the store before some changes, and is not as it was any more. */
export interface Stale {
  /** Anything may be. */
  readonly all: boolean;
  /** Hosts with other placements. */
  readonly placed: ReadonlySet<string>;
  /** Hosts that have reported. */
  readonly observed: ReadonlySet<string>;
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
    /** A change of a host's state is an empty set. */
    note({ changes, unreadable }: Pick<DecodedSet, "changes" | "unreadable">): void {
      if (changes.length === 0 || unreadable.length > 0) all = true;
      changes.forEach(note);
    },
    /** A look failed, half way through perhaps. */
    noteAll(): void {
      all = true;
    },
    /** What is stale since the last call. */
    take(): Stale {
      const taken = { all, placed, observed, services };
      all = false;
      [placed, observed, services] = [new Set(), new Set(), new Set()];
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
