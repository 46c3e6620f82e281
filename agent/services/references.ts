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
  /** Where the inputs name it: `secrets[0].secret`. */
  readonly path: string;
  /** Which of its values is used, where the inputs say so; and where they say it. */
  readonly key: string | undefined;
  readonly keyPath: string;
}

/** The documents a service's inputs name: kind by kind, in the order they stand there. */
export function referencesOf(inputs: Readonly<Record<string, unknown>>): Reference[] {
  return uses.flatMap(({ list, member, kind }) =>
    ((inputs[list] ?? []) as Readonly<Record<string, unknown>>[]).map((use, index) => ({
      kind,
      name: String(use[member]),
      path: `${list}[${index}].${member}`,
      key: use.key === undefined ? undefined : String(use.key),
      keyPath: `${list}[${index}].key`,
    })),
  );
}
