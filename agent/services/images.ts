import {
  ConstellationError,
  type Digest,
  formatReference,
  type ImageQuestion,
  isDigest,
  parseReference,
  type RegistryReference,
  type Violation,
} from "../../contract/index.ts";
import type { Candidate } from "../documents/index.ts";
import { type CredentialUse, type Images, type RegistryAccess, registryAccess } from "../images/index.ts";
import { openStored, type Sealer } from "../secrets/index.ts";
import { families, keys, type Put, type Store } from "../store/index.ts";
import { planImage } from "./image-plan.ts";
import type { Locate } from "./locate.ts";
import { lastResolved, remembered } from "./resolutions.ts";

export interface ImagePorts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly images: Pick<Images, "hasImage" | "requireImage">;
  readonly locate: Locate;
  readonly now: () => Date;
}

interface Found {
  readonly kind: "found";
  readonly digest: Digest;
  /** It comes by an upload: a write needs it to be here. */
  readonly isUpload: boolean;
  /** Stored with the document. */
  readonly writes: () => Put[];
  readonly warning?: string;
}

/** What was found of a service's image before its write. */
export type FoundImage =
  | Found
  | { readonly kind: "refused"; readonly violation: Violation }
  /** It could not be asked for, or not as it will be once the same run has changed a Secret. */
  | { readonly kind: "unknown"; readonly error: ConstellationError };

/** Finds the digest of a service's image, at its registry where that has to be asked. */
export async function findImage(candidate: Candidate, ports: ImagePorts): Promise<FoundImage> {
  const plan = planImage(candidate);
  switch (plan.kind) {
    case "wrong":
      return { kind: "refused", violation: plan.violation };
    case "uploaded":
      return found(plan.digest, { isUpload: true });
    case "known":
      return found(plan.digest);
    case "stored":
      return findStored(plan.reference, plan.digest, candidate, ports);
    case "ask":
      return ask(plan.reference, candidate, ports);
  }
}

function found(digest: Digest, more: Partial<Found> = {}): Found {
  return { kind: "found", digest, isUpload: false, writes: () => [], ...more };
}

async function findStored(
  reference: RegistryReference,
  given: Digest | undefined,
  candidate: Candidate,
  { store, images }: ImagePorts,
): Promise<FoundImage> {
  const name = formatReference(reference);
  const digest = given ?? knownBefore(name, candidate, store);
  if (digest !== undefined && (await images.hasImage(digest))) return found(digest);
  const missing =
    digest === undefined ? `${name} was not resolved here before` : `${digest} is not stored here`;
  const reason = `${missing}, and pullPolicy is never; run it once with pullPolicy missing, or pin an imageDigest that is here`;
  return { kind: "refused", violation: { path: "image", reason } };
}

async function ask(
  reference: RegistryReference,
  candidate: Candidate,
  ports: ImagePorts,
): Promise<FoundImage> {
  const { store, images, now } = ports;
  const { namespace, inputs, dryRun } = candidate;
  const name = formatReference(reference);
  const uses = inputs.imageCredentials as readonly CredentialUse[] | undefined;
  try {
    const access = accessOf(namespace, uses, ports);
    const digest = await ports.locate(reference, access);
    return found(digest, { writes: () => remembered(store, name, digest, now().toISOString()) });
  } catch (error) {
    if (!(error instanceof ConstellationError)) throw error;
    if (isAboutThisRun(error, dryRun && uses !== undefined)) return { kind: "unknown", error };
    if (error.code !== "image-unreachable")
      return { kind: "refused", violation: { path: "image", reason: error.message } };
    const known = inputs.pullPolicy === "missing" ? knownBefore(name, candidate, store) : undefined;
    if (known === undefined || !(await images.hasImage(known))) return { kind: "unknown", error };
    return found(known, { warning: `image: ${error.message}; using what ${name} named before, ${known}` });
  }
}

/** What this service runs from the same reference goes before what others were told of it. */
function knownBefore(name: string, { inputs, earlier }: Candidate, store: Store): Digest | undefined {
  const own = earlier?.inputs.image === inputs.image ? String(earlier?.outputs.imageDigest) : "";
  return isDigest(own) ? own : lastResolved(store, name);
}

/** A Secret that is not there or no credential is for `check` to tell; a preview sees Secrets as they are before its run. */
function isAboutThisRun({ code }: ConstellationError, seesOldSecrets: boolean): boolean {
  return code === "not-found" || (code === "image-denied" && seesOldSecrets);
}

/** The answer to `POST /v1/images/resolve`. */
export async function resolveImage(question: ImageQuestion, ports: ImagePorts): Promise<Digest> {
  const reference = parseReference(question.image);
  if (reference.kind !== "registry") {
    throw new ConstellationError(
      "invalid",
      `resolve ${question.image}: it is in no registry; its digest is known where the file is`,
    );
  }
  const access = accessOf(question.namespace, question.imageCredentials, ports);
  const digest = await ports.locate(reference, access);
  const writes = remembered(ports.store, formatReference(reference), digest, ports.now().toISOString());
  // Two at once: the other answer is as good.
  if (writes.length > 0) await ports.store.commit(writes).catch(unlessConflict);
  return digest;
}

function unlessConflict(error: unknown): void {
  if (!(error instanceof ConstellationError && error.code === "conflict")) throw error;
}

function accessOf(
  namespace: string,
  uses: readonly CredentialUse[] | undefined,
  { store, sealer }: ImagePorts,
): RegistryAccess {
  const { registries } = store.get(families.cluster, keys.cluster)?.record ?? {};
  return registryAccess(registries, uses, (secret) => {
    const stored = store.get(families.desired, keys.desired(namespace, "Secret", secret));
    if (stored) return openStored(stored.record.inputs.values ?? {}, sealer) as Record<string, unknown>;
    throw new ConstellationError("not-found", `find Secret ${secret}: namespace ${namespace} has none`);
  });
}
