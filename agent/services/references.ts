/** The fields of a workload that name other documents of its namespace. */
const uses = [
  { list: "secrets", member: "secret", kind: "Secret" },
  { list: "configs", member: "config", kind: "ConfigFile" },
] as const;

/** A kind whose content instances get. */
export type ContentKind = (typeof uses)[number]["kind"];

export interface Reference {
  readonly kind: ContentKind;
  readonly name: string;
  /** Where the inputs name it. */
  readonly path: string;
}

/** The documents a service's inputs name: kind by kind, in the order they stand there. */
export function referencesOf(inputs: Readonly<Record<string, unknown>>): Reference[] {
  return uses.flatMap(({ list, member, kind }) =>
    ((inputs[list] ?? []) as Readonly<Record<string, unknown>>[]).map((use, index) => ({
      kind,
      name: String(use[member]),
      path: `${list}[${index}].${member}`,
    })),
  );
}
