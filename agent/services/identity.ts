import { digestOf } from "../lib/digest.ts";
import { type ContentKind, referencesOf } from "./references.ts";

/** Inputs of a Service that no running instance notices: a change of one alone replaces nothing. */
const outsideOfInstances = new Set([
  "replicas",
  "update",
  "waitFor",
  "discovery",
  "labels",
  "aliases",
  "ports",
  "image",
  "imageDigest",
]);

/**
 * Names what makes instances of a service differ: the workload, the image's digest, and the content of the secrets
 * and config files that restart their users. Equal identities can share a revision.
 * `content` gives the digest of a document's content, or undefined when its change restarts nobody.
 */
export function workloadIdentity(
  inputs: Readonly<Record<string, unknown>>,
  content: (kind: ContentKind, name: string) => string | undefined,
): string {
  const workload = Object.entries(inputs).filter(([key]) => !outsideOfInstances.has(key));
  const uses = referencesOf(inputs).map(({ kind, name }) => [kind, name, content(kind, name) ?? ""]);
  return digestOf({
    workload: Object.fromEntries(workload),
    image: inputs.imageDigest ?? inputs.image,
    uses,
  });
}
