import type { Assignment } from "./types.ts";

/** An assignment with the routes that the servers cannot tell, as a host last knew them. Pure. */
export function withKeptRoutes(next: Assignment, before: Assignment | undefined): Assignment {
  const unknown = new Set(next.unknownServices);
  const kept = (before?.services ?? []).filter(({ namespace, name }) => unknown.has(`${namespace}/${name}`));
  return kept.length === 0 ? next : { ...next, services: [...next.services, ...kept] };
}
