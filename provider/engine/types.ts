import type { Client, Kind, Violation } from "../../contract/index.ts";
import type { RemoteMachine } from "../machines/index.ts";
import type { Opened, Properties } from "./values.ts";

/** What a call of the engine brings beside its properties. */
export interface Call {
  readonly urn: string;
  /** Aborts on the engine's Cancel and, with a `TimeoutError`, when the engine's own timeout passes. */
  readonly signal: AbortSignal;
  /** The program's own timeout for this call goes before the document's. */
  readonly timed: boolean;
  /** URNs and ids of what this run of the engine has created. */
  readonly made: Set<string>;
  /** Replaces the resource's status line. */
  progress(message: string): void;
  /** A line that stays; never fails the update. */
  warn(message: string): void;
  /** A line that stays. */
  info(message: string): void;
}

/** A resource as the engine records it. `outputs` come beside the inputs, never instead. */
export interface Stored {
  readonly id: string;
  readonly inputs: Opened;
  readonly outputs: Properties;
}

/** It exists but is not as wanted: recorded by the engine, and the next `up` updates it. */
export class NotReady extends Error {
  readonly stored: Stored;
  readonly reasons: readonly string[];

  constructor(stored: Stored, reasons: readonly string[]) {
    super(reasons.join("; "));
    this.name = "NotReady";
    this.stored = stored;
    this.reasons = reasons;
  }
}

/** What a check brings beside the inputs it completes. */
export interface Completion {
  /** Where the resource lives: `cluster`, `namespace`, `name`. */
  readonly place: Properties;
  /** The inputs as the engine holds them; empty for a new resource. */
  readonly old: Properties;
  warn(message: string): void;
}

/**
 * What an engine asks of one kind of resource. Documents share one implementation; only what is more than a
 * document has its own.
 */
export interface Operations {
  /** Fills in what is to be compared but not written by people: digests of images. */
  complete(
    inputs: Properties,
    about: Completion,
  ): Promise<{ inputs: Properties; violations: readonly Violation[] }>;
  /** The outputs a create will give as far as they are known; refuses what the create would refuse. */
  previewCreate(inputs: Opened, call: Call): Promise<Properties>;
  create(inputs: Opened, call: Call): Promise<Stored>;
  previewUpdate(old: Stored, inputs: Opened, call: Call): Promise<Properties>;
  update(old: Stored, inputs: Opened, call: Call): Promise<Stored>;
  /** undefined when it is gone. `old` is absent in an import. */
  read(id: string, old: Stored | undefined, call: Call): Promise<Stored | undefined>;
  delete(old: Stored, call: Call): Promise<void>;
}

/** The provider's own configuration. */
export interface Config {
  /** A `Cluster.access`. */
  readonly cluster?: string;
  readonly namespace: string;
}

/** How a call reaches the cluster it means. */
export interface Connection {
  readonly client: Client;
  readonly clusterId: string;
  /** The server's, where it is reached by SSH; absent: it is on this one. */
  readonly machine?: RemoteMachine;
}

/** Finds the cluster: the resource's own `cluster`, the provider's, `CONSTELLATION_CLUSTER`, the agent here. */
export interface Connections {
  /** Another run begins: what the one before has found out says nothing about it. */
  begin(): void;
  /** This run has a newer access to a cluster: from here on it goes before what is recorded of that one. */
  renew(access: string): void;
  to(access: string | undefined): Promise<Connection>;
  /** What a failed connection means for what was made there: lost with its cluster, or out of reach for now. */
  lost(access: string | undefined, error: unknown): Promise<"gone" | "down" | undefined>;
}

export type OperationsOf = (kind: Kind) => Operations;
