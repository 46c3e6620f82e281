/** The fields of a workload that name other documents of its namespace. */
const uses = [
  { list: "secrets", member: "secret", kind: "Secret", purpose: "content" },
  { list: "configs", member: "config", kind: "ConfigFile", purpose: "content" },
  { list: "imageCredentials", member: "secret", kind: "Secret", purpose: "credential" },
] as const;

/** A kind whose content instances get. */
export type ContentKind = (typeof uses)[number]["kind"];

export interface Reference {
  readonly kind: ContentKind;
  readonly name: string;
  /** Where the inputs name it: `secrets[0].secret`. */
  readonly path: string;
  /** Content is part of what instances run; a credential only opens the way to their image. */
  readonly purpose: "content" | "credential";
  /** Which of its values is used, where the inputs say so; and where they say it. */
  readonly key: string | undefined;
  readonly keyPath: string;
}

type Inputs = Readonly<Record<string, unknown>>;

/** The documents a service's inputs name: field by field, in the order they stand there. */
export function referencesOf(inputs: Inputs): Reference[] {
  return uses.flatMap(({ list, member, kind, purpose }) =>
    ((inputs[list] ?? []) as Inputs[]).map((use, index) => ({
      kind,
      purpose,
      name: String(use[member]),
      path: `${list}[${index}].${member}`,
      key: use.key === undefined ? undefined : String(use.key),
      keyPath: `${list}[${index}].key`,
    })),
  );
}

/** Those of which instances get the content. */
export function contentsOf(inputs: Inputs): Reference[] {
  return referencesOf(inputs).filter(({ purpose }) => purpose === "content");
}
