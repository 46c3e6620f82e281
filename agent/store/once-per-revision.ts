import type { Store } from "./store.ts";

/** Looked for once a revision, for what is asked more often than it changes. The answer is the same object until then. */
export function oncePerRevision<T>(store: Pick<Store, "revision">, look: () => T): () => T {
  let known: { readonly at: number; readonly found: T } | undefined;
  return () => {
    const at = store.revision();
    if (known?.at !== at) known = { at, found: look() };
    return known.found;
  };
}
