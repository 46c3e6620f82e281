import { type Field, isSecretLeaf, mapSecrets, type Violation } from "../../contract/index.ts";
import type { Sealer } from "./sealer.ts";
import { SecretText } from "./text.ts";

export interface Opened {
  /** Every leaf replaced by its text: for checking and for running, never for storing. */
  readonly inputs: Record<string, unknown>;
  /** Where those texts are. */
  readonly secretPaths: ReadonlySet<string>;
  /** Leaves that name a digest of which the store holds no value. */
  readonly violations: readonly Violation[];
}

/** Opens what a client wrote. A leaf with only a digest means: the value stored under that digest in `earlier`. */
export function openWritten(inputs: Record<string, unknown>, earlier: unknown, sealer: Sealer): Opened {
  const known = sealedByDigest(earlier);
  const secretPaths = new Set<string>();
  const violations: Violation[] = [];
  const opened = mapSecrets(inputs, ({ $secret }, path) => {
    secretPaths.add(path);
    if (typeof $secret.value === "string") return $secret.value;
    const sealed = known.get($secret.digest ?? "");
    if (sealed !== undefined) return sealer.open(sealed).reveal();
    violations.push({ path, reason: "names a secret that is not stored here; send its value" });
    return "";
  });
  return { inputs: opened as Record<string, unknown>, secretPaths, violations };
}

/**
 * Seals checked inputs for the store: at the paths a client marked and in every field the resource marks.
 * A value that `earlier` holds already keeps its sealed bytes, so an unchanged document stays the same.
 */
export function sealInputs(
  inputs: Record<string, unknown>,
  paths: ReadonlySet<string>,
  earlier: unknown,
  sealer: Sealer,
): Record<string, unknown> {
  const known = sealedByDigest(earlier);
  return replaceAt(inputs, paths, (text) => {
    const secret = new SecretText(text);
    const digest = sealer.digest(secret);
    return { $secret: { digest, sealed: known.get(digest) ?? sealer.seal(secret) } };
  }) as Record<string, unknown>;
}

/** Stored inputs as a client may see them: digests in place of secrets. */
export function digestsOnly(inputs: Record<string, unknown>): Record<string, unknown> {
  return mapSecrets(inputs, ({ $secret }) => ({ $secret: { digest: $secret.digest ?? "" } })) as Record<
    string,
    unknown
  >;
}

/** Stored inputs as the host that runs them needs them. */
export function openStored<T>(inputs: T, sealer: Sealer): T {
  return mapSecrets(inputs, ({ $secret }) => sealer.open($secret.sealed ?? "").reveal()) as T;
}

/** Paths of every value under a field marked secret. */
export function markedSecrets(fields: readonly Field[], inputs: Record<string, unknown>): Set<string> {
  const paths = new Set<string>();
  const visit = (field: Field, value: unknown, path: string) => {
    if (value === undefined || value === null) return;
    if (field.meta.secret) collectTexts(value, path, paths);
    else if (field.kind === "object") {
      for (const child of field.fields ?? [])
        visit(child, (value as Record<string, unknown>)[child.key], join(path, child.key));
    } else if (field.kind === "list" && field.item) {
      for (const [index, item] of (value as unknown[]).entries())
        visit(field.item, item, `${path}[${index}]`);
    } else if (field.kind === "map" && field.item) {
      for (const [key, item] of Object.entries(value)) visit(field.item, item, join(path, key));
    }
  };
  for (const field of fields) visit(field, inputs[field.key], field.key);
  return paths;
}

function collectTexts(value: unknown, path: string, paths: Set<string>): void {
  if (typeof value === "string") paths.add(path);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) collectTexts(item, `${path}[${index}]`, paths);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) collectTexts(item, join(path, key), paths);
  }
}

function sealedByDigest(value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  mapSecrets(value, ({ $secret }) => {
    if ($secret.digest && $secret.sealed) found.set($secret.digest, $secret.sealed);
    return undefined;
  });
  return found;
}

function replaceAt(
  value: unknown,
  paths: ReadonlySet<string>,
  replace: (text: string) => unknown,
  path = "",
): unknown {
  if (typeof value === "string") return paths.has(path) ? replace(value) : value;
  if (Array.isArray(value))
    return value.map((item, index) => replaceAt(item, paths, replace, `${path}[${index}]`));
  if (typeof value !== "object" || value === null || isSecretLeaf(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, replaceAt(item, paths, replace, join(path, key))]),
  );
}

const join = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);
