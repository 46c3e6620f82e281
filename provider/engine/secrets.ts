import {
  type Client,
  type Field,
  isSecretLeaf,
  joinPath,
  mapSecrets,
  UNKNOWN,
} from "../../contract/index.ts";
import { mapTree, type Opened, type Properties } from "./values.ts";

/** Paths of the values whose field is marked secret, whatever the engine thinks of them. */
export function declaredSecretPaths(fields: readonly Field[], value: Properties, parent = ""): string[] {
  return fields.flatMap((field) => secretPathsIn(field, value[field.key], joinPath(parent, field.key)));
}

function secretPathsIn(field: Field, value: unknown, path: string): string[] {
  if (value === undefined || value === null || value === UNKNOWN)
    return field.meta.secret && value === UNKNOWN ? [path] : [];
  if (field.meta.secret) return [path];
  if (field.kind === "object") return declaredSecretPaths(field.fields ?? [], value as Properties, path);
  const item = field.item;
  if (item === undefined || typeof value !== "object") return [];
  const children = Array.isArray(value)
    ? value.map((child, index) => [index, child] as const)
    : Object.entries(value);
  return children.flatMap(([key, child]) => secretPathsIn(item, child, joinPath(path, key)));
}

/** Inputs as the API takes them: every text under a secret path becomes a secret leaf. */
export function sealForApi(inputs: Opened): Properties {
  return sealBelow(inputs.value, inputs.secretPaths) as Properties;
}

function sealBelow(value: unknown, secretPaths: ReadonlySet<string>): unknown {
  return mapTree(value, (node, path) => (secretPaths.has(path) ? { replace: sealTexts(node) } : undefined));
}

function sealTexts(value: unknown): unknown {
  return mapTree(value, (node) =>
    typeof node === "string" ? { replace: { $secret: { value: node } } } : undefined,
  );
}

/**
 * Inputs as the API answered them, opened again: a secret keeps the value the engine holds where the digest says
 * that it is still the same, else it becomes a secret text that equals nothing a program could write.
 */
export async function openFromApi(
  inputs: Properties,
  prior: Opened | undefined,
  client: Client,
): Promise<Opened> {
  const held = new Map<string, string>();
  collectTexts(prior?.value, (path, text) => held.set(path, text));
  const asked: { path: string; text: string }[] = [];
  const secretPaths = new Set<string>();
  mapSecrets(inputs, (_leaf, path) => {
    secretPaths.add(path);
    const text = held.get(path);
    if (text !== undefined) asked.push({ path, text });
    return undefined;
  });
  const digests = asked.length === 0 ? [] : await client.secretDigests(asked.map(({ text }) => text));
  const known = new Map(asked.map(({ path, text }, index) => [path, { text, digest: digests[index] }]));
  const value = mapSecrets(inputs, (leaf, path) => {
    const match = known.get(path);
    return match && match.digest === leaf.$secret.digest ? match.text : `sealed:${leaf.$secret.digest ?? ""}`;
  }) as Properties;
  return { value, secretPaths };
}

/** Hides the secret texts of `inputs` in lines meant for people. */
export function redact(lines: readonly string[], inputs: Opened): string[] {
  const texts: string[] = [];
  mapTree(inputs.value, (node, path) => {
    if (inputs.secretPaths.has(path)) collectTexts(node, (_, text) => texts.push(text));
    return undefined;
  });
  const hidden = texts.filter((text) => text.trim().length >= shortestRedacted);
  return lines.map((line) => hidden.reduce((rest, text) => rest.replaceAll(text, "[secret]"), line));
}

/** Shorter texts would blank out half of every line and are no secrets worth the name. */
const shortestRedacted = 4;

function collectTexts(value: unknown, found: (path: string, text: string) => void): void {
  mapTree(value, (node, path) => {
    if (typeof node === "string" && !isSecretLeaf(node)) found(path, node);
    return undefined;
  });
}
