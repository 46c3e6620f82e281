import type { Owner } from "../../contract/index.ts";
import type { Opened, Properties } from "./values.ts";

/** Inputs every namespaced resource has beside its own; they say where it lives, not what it is. */
export const placeKeys = ["cluster", "namespace", "name"] as const;

/** Id and import id: `namespace/name`, the name alone in the default namespace. */
export function idOf({ namespace, name }: Properties): string {
  return namespace === "default" ? String(name) : `${String(namespace)}/${String(name)}`;
}

export function placeOf(id: string): Properties {
  const slash = id.indexOf("/");
  return slash < 0
    ? { namespace: "default", name: id }
    : { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

export function ownerOf(urn: string): Owner {
  return { engine: "pulumi", id: urn };
}

/** What it is, without where it lives. */
export function ownInputs(value: Properties): Properties {
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !(placeKeys as readonly string[]).includes(key)),
  );
}

export function withoutPlace(inputs: Opened): Opened {
  return { value: ownInputs(inputs.value), secretPaths: inputs.secretPaths };
}

export function withPlace(read: Opened, place: Properties, prior: Opened | undefined): Opened {
  const given = Object.fromEntries(
    placeKeys.filter((key) => place[key] !== undefined).map((key) => [key, place[key]]),
  );
  const secretPaths = new Set([
    ...read.secretPaths,
    ...(prior?.secretPaths.has("cluster") ? ["cluster"] : []),
  ]);
  return { value: { ...read.value, ...given }, secretPaths };
}
