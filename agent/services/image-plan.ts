import {
  ConstellationError,
  type Digest,
  isDigest,
  parseReference,
  type RegistryReference,
  type Violation,
} from "../../contract/index.ts";
import type { Candidate } from "../documents/index.ts";
import { isSameWorkload } from "./identity.ts";

export type PullPolicy = "always" | "missing" | "never";

/** Where the digest of a service's image comes from. */
export type ImagePlan =
  /** Nothing but a file beside the program holds it: it must have been uploaded. */
  | { readonly kind: "uploaded"; readonly digest: Digest }
  /** Pinned by the program, or what this revision runs already: hosts pull it when they lack it. */
  | { readonly kind: "known"; readonly digest: Digest; readonly reference: RegistryReference }
  /** Nobody may be asked: what the reference named when it was last resolved. */
  | { readonly kind: "stored"; readonly digest: Digest | undefined; readonly reference: RegistryReference }
  /** Its registry says what the reference names now. */
  | { readonly kind: "ask"; readonly reference: RegistryReference }
  | { readonly kind: "wrong"; readonly violation: Violation };

type Given = Pick<Candidate, "inputs" | "sealed" | "earlier">;

/** A tag is resolved once a revision: a change that starts no new instances keeps the digest. Pure. */
export function planImage({ inputs, sealed, earlier }: Given): ImagePlan {
  const text = String(inputs.image);
  const reference = referenceOf(text);
  if (reference instanceof ConstellationError) return wrong("image", reference.message);
  const pinned = digestOrNone(inputs.imageDigest);
  if (reference.kind !== "registry") {
    if (pinned !== undefined) return { kind: "uploaded", digest: pinned };
    return wrong(
      "imageDigest",
      `is needed with ${text}; the provider computes it, other clients must send it`,
    );
  }
  if (pinned !== undefined && reference.digest !== undefined && pinned !== reference.digest)
    return wrong("imageDigest", `is ${pinned}, but image names ${reference.digest}; leave one of them out`);
  const policy = inputs.pullPolicy as PullPolicy;
  const kept =
    policy !== "always" && earlier && isSameWorkload(earlier.inputs, sealed)
      ? digestOrNone(earlier.outputs.imageDigest)
      : undefined;
  const digest = pinned ?? reference.digest ?? kept;
  if (policy === "never") return { kind: "stored", digest, reference };
  return digest === undefined ? { kind: "ask", reference } : { kind: "known", digest, reference };
}

function wrong(path: string, reason: string): ImagePlan {
  return { kind: "wrong", violation: { path, reason } };
}

function digestOrNone(value: unknown): Digest | undefined {
  return typeof value === "string" && isDigest(value) ? value : undefined;
}

function referenceOf(text: string) {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof ConstellationError) return error;
    throw error;
  }
}
