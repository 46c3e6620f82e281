import type { Machine, Occupant, Request } from "../scheduler/index.ts";

/** A service as wanted, with the newest revision of what its instances run. */
export interface WantedService {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** One on every host that takes it, in place of `replicas`. */
  readonly perHost: boolean;
  readonly strategy: "start-first" | "stop-first";
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly specRevision: number;
  readonly request: Request;
  readonly disconnect: Disconnect;
}

/** What becomes of instances whose host is lost. */
export interface Disconnect {
  /** How long its host must be lost before another takes an instance's place. */
  readonly replaceAfterMs: number;
  /** Which one stays when the host is back. */
  readonly reconcile: "replacement" | "original";
}

/** One placed instance, and what its host last said of it. */
export interface PlacedInstance {
  readonly id: string;
  readonly serviceUid: string;
  readonly namespace: string;
  readonly service: string;
  readonly index: number;
  readonly host: string;
  readonly revision: number;
  readonly want: "run" | "drain";
  /** It is to go elsewhere, so that the load is even. */
  readonly isMoving: boolean;
  /** Its host reports something of it still (or already) being there. */
  readonly present: boolean;
  readonly healthy: boolean;
  /** It runs once at most. `remainingMs`: for how long its host may still run it, were no server to confirm it again. */
  readonly exclusive?: { readonly remainingMs: number; readonly isFenced: boolean };
  /** When it was placed, RFC 3339. */
  readonly at: string;
  readonly request: Request;
}

export interface View {
  readonly services: readonly WantedService[];
  readonly instances: readonly PlacedInstance[];
  readonly machines: readonly Machine[];
  /** What takes room and is not decided about. */
  readonly others?: readonly Occupant[];
}

/** One host's part of it. */
export interface HostView {
  readonly instances: readonly PlacedInstance[];
  readonly others: readonly Occupant[];
  /** It stays so until something is written: no time changes it. */
  readonly isLasting: boolean;
}

interface About {
  readonly namespace: string;
  readonly service: string;
  readonly slot: string;
  readonly host: string;
  /** In words, for people. */
  readonly reason: string;
}

/** What to do about one slot. */
export type Op =
  | (About & {
      readonly kind: "place";
      readonly uid: string;
      readonly index: number;
      readonly revision: number;
    })
  | (About & { readonly kind: "drain"; readonly id: string })
  /** Another is to take its place elsewhere. */
  | (About & { readonly kind: "move"; readonly id: string })
  /** Its host may run it only until the last deadline that a server confirmed. */
  | (About & { readonly kind: "fence"; readonly id: string })
  /** Nothing of it is left on its host. */
  | (About & { readonly kind: "forget"; readonly id: string });

export interface Decision {
  readonly ops: readonly Op[];
  /** Wanted slots that no host takes, by the service's uid. */
  readonly rejections: ReadonlyMap<string, readonly { readonly slot: string; readonly message: string }[]>;
  /** How many instances each service is to have, by uid. */
  readonly wanted: ReadonlyMap<string, number>;
}

export function describe(op: Op): string {
  switch (op.kind) {
    case "place":
      return `place ${op.slot} (revision ${op.revision}) on ${op.host}: ${op.reason}`;
    case "drain":
      return `stop ${op.slot} on ${op.host}: ${op.reason}`;
    case "move":
      return `move ${op.slot} away from ${op.host}: ${op.reason}`;
    case "fence":
      return `give up ${op.slot} on ${op.host}: ${op.reason}`;
    case "forget":
      return `forget ${op.slot} on ${op.host}: ${op.reason}`;
  }
}
