import { ConstellationError, type Instance, nearest } from "../../contract/index.ts";

/** A name as it was typed: `web`, `shop/web`. Without a namespace it may be an id, which is unique by itself. */
export interface Reference {
  readonly text: string;
  readonly namespace: string;
  readonly name: string;
  /** Whether the user said which namespace. */
  readonly isExplicit: boolean;
}

export const defaultNamespace = "default";

/** `namespace/name`; a bare name is meant in `namespace`, else in the default one. */
export function parseReference(text: string, namespace: string | undefined): Reference {
  const slash = text.indexOf("/");
  if (slash >= 0)
    return { text, namespace: text.slice(0, slash), name: text.slice(slash + 1), isExplicit: true };
  return { text, namespace: namespace ?? defaultNamespace, name: text, isExplicit: namespace !== undefined };
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

export function isAmong(known: readonly Named[], { namespace, name }: Named): boolean {
  return known.some((each) => each.namespace === namespace && each.name === name);
}

/** What a name stands for among the instances: one id, a slot (the instances that hold it), a service. */
export interface Selection {
  readonly by: "id" | "slot" | "service";
  /** The most useful first: running before not, newer before older; a service's in order of slot. */
  readonly instances: readonly Instance[];
}

/** undefined when no instance goes by that name. An id wins over a slot, a slot over a service. */
export function selectInstances(reference: Reference, instances: readonly Instance[]): Selection | undefined {
  const inNamespace = instances.filter(({ namespace }) => namespace === reference.namespace);
  const byId = (reference.isExplicit ? inNamespace : instances).filter(({ id }) => id === reference.name);
  if (byId.length > 0) return { by: "id", instances: byId };
  const bySlot = inNamespace.filter(({ name }) => name === reference.name);
  if (bySlot.length > 0) return { by: "slot", instances: bySlot.sort(byUse) };
  const byService = inNamespace.filter(({ service }) => service === reference.name);
  if (byService.length === 0) return undefined;
  return { by: "service", instances: byService.sort((a, b) => a.index - b.index || byUse(a, b)) };
}

/**
 * The one instance to work in. A service stands for its instance while it has just one that runs. `services` are those
 * that may have none.
 */
export function oneInstance(
  reference: Reference,
  instances: readonly Instance[],
  services: readonly Named[] = [],
): Instance {
  const selection = selectInstances(reference, instances);
  const [first, ...others] = selection?.instances ?? [];
  if (selection === undefined || first === undefined) {
    if (!isAmong(services, reference)) throw notFound(reference, instances, services);
    throw new ConstellationError(
      "not-found",
      `${reference.text}: the service has no instance; constellation describe ${reference.text} says why`,
    );
  }
  if (selection.by !== "service") return first;
  const running = selection.instances.filter(isRunning);
  if (running.length === 1 && running[0]) return running[0];
  if (running.length === 0 && others.length === 0) return first;
  const slots = [...new Set((running.length > 0 ? running : selection.instances).map(({ name }) => name))];
  throw new ConstellationError(
    "invalid",
    `${reference.text}: the service has ${slots.length} instances; choose one: ${slots.join(", ")}`,
  );
}

/** Says where the name is instead, or which known name is near. `others` are names beside the instances' own. */
export function notFound(
  reference: Reference,
  instances: readonly Instance[],
  others: readonly Named[] = [],
): ConstellationError {
  const known = [
    ...instances.flatMap(({ namespace, id, name, service }) =>
      [service, name, id].map((each) => ({ namespace, name: each })),
    ),
    ...others,
  ];
  const elsewhere = known.find(
    ({ namespace, name }) => name === reference.name && namespace !== reference.namespace,
  );
  const near = nearest(reference.name, namesIn(reference.namespace, known));
  const advice = elsewhere
    ? `there is ${elsewhere.namespace}/${elsewhere.name}`
    : near
      ? `did you mean ${near}?`
      : "constellation ps and constellation services list what there is";
  return new ConstellationError(
    "not-found",
    `${reference.text}: nothing has that name in namespace ${reference.namespace}; ${advice}`,
  );
}

function namesIn(wanted: string, known: readonly Named[]): string[] {
  return [...new Set(known.filter(({ namespace }) => namespace === wanted).map(({ name }) => name))];
}

function isRunning({ state }: Instance): boolean {
  return state === "running";
}

function byUse(a: Instance, b: Instance): number {
  return (
    Number(isRunning(b)) - Number(isRunning(a)) || b.revision - a.revision || (a.since < b.since ? 1 : -1)
  );
}
