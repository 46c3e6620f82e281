import { ConstellationError, type Kind, type Resource, resources } from "../../contract/index.ts";
import {
  type Call,
  type Config,
  type Connections,
  declaredSecretPaths,
  type Opened,
  type Operations,
  type OperationsOf,
  type Properties,
  type Stored,
} from "../engine/index.ts";
import type { EngineLog } from "./engine-log.ts";
import type { StructMessage } from "./protocol.ts";
import { close, open } from "./wire.ts";

/** What the protocol's calls share. */
export interface Provider {
  readonly version: string;
  readonly schema: () => string;
  readonly operations: OperationsOf;
  readonly connections: Connections;
  readonly log: EngineLog;
  /** Begins anew with every engine that shakes hands: a provider started by hand serves one after the other. */
  run: Run;
  config: Config;
}

/** One run of an engine. */
export interface Run {
  /** Aborts once, on the engine's Cancel. */
  readonly cancel: AbortController;
  readonly made: Set<string>;
  /** URNs. */
  readonly imported: Set<string>;
}

export function newRun(): Run {
  return { cancel: new AbortController(), made: new Set(), imported: new Set() };
}

/** A kind as one call needs it. */
export interface Subject {
  readonly kind: Kind;
  readonly resource: Resource;
  readonly operations: Operations;
}

/** The kind that a URN's type names: `urn:pulumi:dev::app::constellation:index:Service::web`. */
export function subjectOf(urn: string, provider: Provider): Subject {
  const type = (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
  const kind = (Object.keys(resources) as Kind[]).find((candidate) => resources[candidate].token === type);
  if (kind === undefined) {
    throw new ConstellationError(
      "unknown-kind",
      `serve ${type}: version ${provider.version} of this provider has no such resource; update the plugin or the SDK`,
    );
  }
  return { kind, resource: resources[kind] as unknown as Resource, operations: provider.operations(kind) };
}

/** The logical name: a URN's last part. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** @param timeoutSeconds the engine's custom timeout; 0 is none. */
export function callOf(urn: string, timeoutSeconds: number, provider: Provider): Call {
  const { cancel, made } = provider.run;
  const signals = [cancel.signal];
  if (timeoutSeconds > 0) signals.push(AbortSignal.timeout(timeoutSeconds * 1_000));
  return {
    urn,
    signal: AbortSignal.any(signals),
    timed: timeoutSeconds > 0,
    made,
    progress: (message) => provider.log.status(urn, message),
    info: (message) => provider.log.info(urn, message),
    warn: (message) => provider.log.warn(urn, message),
  };
}

/** A recorded resource as the engine sends it back. */
export function storedOf(
  id: string,
  inputs: StructMessage | undefined,
  state: StructMessage | undefined,
): Stored {
  return { id, inputs: open(inputs), outputs: open(state).value };
}

/** The state of a resource: its inputs and, beside them, its outputs; secret where either side says so. */
export function stateOf(
  { inputs, outputs }: { inputs: Opened; outputs: Properties },
  resource: Resource,
): StructMessage {
  return close(
    markSecrets({ value: { ...inputs.value, ...outputs }, secretPaths: inputs.secretPaths }, resource),
  );
}

/** Adds what the resource's definition calls secret. */
export function markSecrets({ value, secretPaths }: Opened, { fields }: Resource): Opened {
  const declared = declaredSecretPaths([...fields.inputs, ...fields.stable, ...fields.revised], value);
  const cluster = value.cluster === undefined ? [] : ["cluster"];
  return { value, secretPaths: new Set([...secretPaths, ...declared, ...cluster]) };
}
