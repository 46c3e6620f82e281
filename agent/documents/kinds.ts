import {
  ConstellationError,
  type DocumentKind,
  nearest,
  type Resource,
  resources,
} from "../../contract/index.ts";

const documentKinds = Object.values(resources).filter(({ namespaced }) => namespaced);

/** The kind behind a path's plural; `unknown-kind` with the nearest right one. */
export function kindOf(plural: string): Resource & { readonly kind: DocumentKind } {
  const found = documentKinds.find((resource) => resource.plural === plural);
  if (found) return found as unknown as Resource & { readonly kind: DocumentKind };
  const meant = nearest(
    plural,
    documentKinds.map((resource) => resource.plural),
  );
  throw new ConstellationError(
    "unknown-kind",
    `find ${plural}: no such kind${meant ? `; did you mean ${meant}?` : ""}`,
  );
}
