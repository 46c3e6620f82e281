import type {
  Affinity,
  Availability,
  Constraint,
  Host as HostFacts,
  Spread,
  Taint,
  Toleration,
} from "../../contract/index.ts";

/** Cores and bytes. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
}

/** What one instance of a service needs of a host. Instances of one service share one object. */
export interface Request extends Amounts {
  /** `namespace/name`. */
  readonly service: string;
  /** Hard limits it asks for, by name; -1 is unlimited. */
  readonly ulimits: Readonly<Record<string, number>>;
  /** Those it asks for by name, as `capabilityNames` has them. */
  readonly capabilities: readonly string[];
  readonly constraints: readonly Constraint[];
  readonly tolerations: readonly Toleration[];
  readonly strategy: "spread" | "binpack";
  readonly spread: readonly Spread[];
  /** `service` is `namespace/name`. */
  readonly affinity: readonly Affinity[];
  readonly priority: number;
  /** Its host must be able to end it by itself. */
  readonly needsFence: boolean;
  /** Equal for requests that ask the same of a host's own nature: they are judged once. */
  readonly sort: string;
}

/** A host as the scheduler sees it, before anything is placed. */
export interface Machine {
  readonly name: string;
  readonly state: HostFacts["state"];
  /** How long it has been lost. */
  readonly lostMs?: number;
  /** How often it fell silent lately, where that is too often for anything new. */
  readonly absences?: number;
  /** Nothing new finds room there. */
  readonly isDiskFull?: true;
  readonly availability: Availability;
  readonly capacity: Amounts;
  /** What it keeps for itself. */
  readonly systemReserved: Amounts;
  /** Its labels and its own attributes, as constraints name them. */
  readonly facts: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** The most a hard ulimit can be there; absent: no ceiling. */
  readonly ulimitCeilings: Readonly<Record<string, number>>;
  /** What no container can be given there. */
  readonly missingCapabilities: readonly string[];
  /** Its guard keeps deadlines. */
  readonly fences: boolean;
}

/** An instance that takes room on a host. */
export interface Occupant {
  readonly id: string;
  readonly host: string;
  readonly request: Request;
  /** Instances of one revision of one service: they are spread among each other. */
  readonly group: string;
  /** On its way out: its room comes free by itself. */
  readonly leaving: boolean;
}

/** Why a host says no, in both numbers: `lacks 2 cores`, `lack 2 cores`. */
export interface Reason {
  readonly one: string;
  readonly many: string;
  /** What differs from host to host: `0.5 free`. */
  readonly detail?: string;
  /** What to change where that never ends by itself. */
  readonly fix?: string;
  /** Only room is lacking. */
  readonly isRoom?: true;
}

export interface Rejection {
  readonly host: string;
  readonly reason: Reason;
}

export type Choice = { readonly host: string } | { readonly rejections: readonly Rejection[] };
