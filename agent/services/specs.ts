import { durationMs } from "../../contract/index.ts";
import { digestOf } from "../lib/digest.ts";
import { type Desired, families, keys, type Reader, type Spec } from "../store/index.ts";
import { workloadIdentity } from "./identity.ts";
import { referencesOf } from "./references.ts";

const defaultMinHealthyMs = 500;

/** The newest revision of what a service's instances run. */
export function newestSpec(store: Reader, uid: string): Spec | undefined {
  return store.list(families.spec, keys.specs(uid)).at(-1)?.record;
}

/** The same for every service at once, by uid. */
export function newestSpecs(store: Reader): ReadonlyMap<string, Spec> {
  // In order of their keys: a later revision takes the place of an earlier one.
  return new Map(store.list(families.spec).map(({ record }) => [record.uid, record]));
}

/** The next revision of a service's workload; undefined while the newest one still is what is wanted. */
export function nextSpec(store: Reader, service: Desired, at: string): Spec | undefined {
  const newest = newestSpec(store, service.uid);
  // What a service names may be deleted after it was admitted: what runs stays as it is then.
  if (newest && missingReferences(store, service).length > 0) return undefined;
  const imageDigest = String(service.outputs.imageDigest ?? "");
  const identity = workloadIdentity(service.inputs, imageDigest, (kind, name) =>
    contentDigest(store, service.namespace, kind, name),
  );
  if (newest?.identity === identity) return undefined;
  return {
    uid: service.uid,
    revision: (newest?.revision ?? 0) + 1,
    namespace: service.namespace,
    service: service.name,
    identity,
    inputs: service.inputs,
    imageDigest,
    minHealthyTimeMs: minHealthyTimeMs(service),
    at,
  };
}

/** How long an instance without a health check must run to count as healthy. */
export function minHealthyTimeMs({ inputs }: Pick<Desired, "inputs">): number {
  const update = inputs.update as { minHealthyTime?: string } | undefined;
  return durationMs(update?.minHealthyTime ?? "") ?? defaultMinHealthyMs;
}

/** The documents a service names that do not exist. */
export function missingReferences(
  store: Reader,
  { namespace, inputs }: Pick<Desired, "namespace" | "inputs">,
) {
  return referencesOf(inputs).filter(
    ({ kind, name }) => !store.get(families.desired, keys.desired(namespace, kind, name)),
  );
}

function contentDigest(store: Reader, namespace: string, kind: string, name: string): string | undefined {
  const inputs = store.get(families.desired, keys.desired(namespace, kind, name))?.record.inputs;
  return inputs?.onChange === "restart" ? digestOf(inputs) : undefined;
}
