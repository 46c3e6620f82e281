import { digestOf } from "../lib/digest.ts";
import { type ContentKind, contentsOf } from "./references.ts";

/** Inputs of a Service that no running instance notices: a change of one alone replaces nothing. */
const outsideOfInstances = new Set([
  "replicas",
  "perHost",
  "placement",
  "disconnect",
  "update",
  "waitFor",
  "discovery",
  "labels",
  "aliases",
  "networks",
  "ports",
  "image",
  "imageDigest",
  "pullPolicy",
  "imageCredentials",
]);

type Inputs = Readonly<Record<string, unknown>>;

/**
 * Names what makes instances of a service differ: the workload, the image's digest, and the content of the secrets
 * and config files that restart their users. Equal identities can share a revision.
 * `content` gives the digest of a document's content, or undefined when its change restarts nobody.
 */
export function workloadIdentity(
  inputs: Inputs,
  imageDigest: string,
  content: (kind: ContentKind, name: string) => string | undefined,
): string {
  const uses = contentsOf(inputs).map(({ kind, name }) => [kind, name, content(kind, name) ?? ""]);
  return digestOf({ workload: workloadIn(inputs), image: imageDigest, uses });
}

/** Whether two services' inputs ask for the same instances, from the same reference to an image. */
export function isSameWorkload(one: Inputs, other: Inputs): boolean {
  const asked = (inputs: Inputs) => {
    const { image, imageDigest } = inputs;
    return digestOf({ workload: workloadIn(inputs), image, imageDigest });
  };
  return asked(one) === asked(other);
}

function workloadIn(inputs: Inputs): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !outsideOfInstances.has(key)));
}
