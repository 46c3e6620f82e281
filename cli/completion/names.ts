import type { Host, Instance } from "../../contract/index.ts";
import { hostState } from "../describe/index.ts";
import type { NameKind } from "../session/index.ts";
import type { Candidate } from "./plan.ts";

export interface NamedDocument {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What the agent knows by name. */
export interface Known {
  readonly instances: readonly Instance[];
  readonly documents: readonly NamedDocument[];
}

const defaultNamespace = "default";
const services: ReadonlySet<string> = new Set(["Service"]);

/** What a name of this sort may be; those of other namespaces qualified. Not yet those that begin as typed alone. */
export function candidatesOf(
  of: Exclude<NameKind, "kind" | "host" | "context">,
  known: Known,
  namespace: string | undefined,
  typed: string,
): Candidate[] {
  switch (of) {
    case "namespace":
      return namespaceCandidates(known);
    case "service":
      return documentCandidates(known, namespace, services);
    case "instance":
      return instanceCandidates(known, namespace, typed);
    case "workload":
      return [
        ...instanceCandidates(known, namespace, typed),
        ...documentCandidates(known, namespace, services),
      ];
    case "target":
      return [
        ...instanceCandidates(known, namespace, typed),
        ...documentCandidates(known, namespace, undefined),
      ];
  }
}

export function hostCandidates(hosts: readonly Host[]): Candidate[] {
  return hosts.map((host) => ({ value: host.name, doc: hostState(host) }));
}

/** Slots, and ids once a slot's name is typed out: nobody starts with an id. */
function instanceCandidates({ instances }: Known, namespace: string | undefined, typed: string): Candidate[] {
  return instances.flatMap((instance) => {
    const slot = qualified(instance, namespace);
    if (slot === undefined) return [];
    const doc = `${instance.state} on ${instance.host}`;
    const id = typed.startsWith(`${slot}-`) ? [{ value: slot.replace(instance.name, instance.id), doc }] : [];
    return [{ value: slot, doc }, ...id];
  });
}

function documentCandidates(
  { documents }: Known,
  namespace: string | undefined,
  kinds: ReadonlySet<string> | undefined,
): Candidate[] {
  return documents.flatMap((document) => {
    const value =
      kinds === undefined || kinds.has(document.kind) ? qualified(document, namespace) : undefined;
    return value === undefined ? [] : [{ value, doc: document.kind.toLowerCase() }];
  });
}

function namespaceCandidates({ instances, documents }: Known): Candidate[] {
  return [...instances, ...documents].map(({ namespace }) => ({ value: namespace, doc: "" }));
}

/** As it can be typed: without its namespace where that is the one meant; undefined where it cannot be reached. */
function qualified(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  meant: string | undefined,
): string | undefined {
  if (namespace === (meant ?? defaultNamespace)) return name;
  return meant === undefined ? `${namespace}/${name}` : undefined;
}

/** Those that begin as typed, sorted, each once. */
export function matching(candidates: readonly Candidate[], typed: string): Candidate[] {
  const byValue = new Map(candidates.map((candidate) => [candidate.value, candidate]));
  return [...byValue.values()]
    .filter(({ value }) => value.startsWith(typed))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}
