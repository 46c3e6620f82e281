import { digestOf } from "../lib/digest.ts";

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
  content: (kind: "Secret" | "ConfigFile", name: string) => string | undefined,
): string {
  const workload = Object.entries(inputs).filter(([key]) => !outsideOfInstances.has(key));
  const uses = referencesOf(inputs).map(({ kind, name }) => [kind, name, content(kind, name) ?? ""]);
  return digestOf({
    workload: Object.fromEntries(workload),
    image: inputs.imageDigest ?? inputs.image,
    uses,
  });
}

export interface Reference {
  readonly kind: "Secret" | "ConfigFile";
  readonly name: string;
  /** Where the inputs name it. */
  readonly path: string;
}

/** The documents a service's inputs name, in the order they stand there. */
export function referencesOf(inputs: Readonly<Record<string, unknown>>): Reference[] {
  const { secrets = [], configs = [] } = inputs as {
    secrets?: { secret: string }[];
    configs?: { config: string }[];
  };
  return [
    ...secrets.map(({ secret }, index) => ({
      kind: "Secret" as const,
      name: secret,
      path: `secrets[${index}].secret`,
    })),
    ...configs.map(({ config }, index) => ({
      kind: "ConfigFile" as const,
      name: config,
      path: `configs[${index}].config`,
    })),
  ];
}
