import { joinPath } from "./paths.ts";

/**
 * How one secret leaf travels. A client writes `value` (or `digest`, meaning: unchanged); an answer holds `digest`;
 * the store holds `sealed` and `digest`. Any string leaf of any resource may be one, whether its field is marked or not.
 */
export interface SecretLeaf {
  readonly $secret: { readonly value?: string; readonly digest?: string; readonly sealed?: string };
}

export function isSecretLeaf(value: unknown): value is SecretLeaf {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "$secret" in value;
}

/** Rebuilds a value with every secret leaf replaced; shares nothing with the original. */
export function mapSecrets(
  value: unknown,
  replace: (leaf: SecretLeaf, path: string) => unknown,
  path = "",
): unknown {
  if (isSecretLeaf(value)) return replace(value, path);
  if (Array.isArray(value))
    return value.map((item, index) => mapSecrets(item, replace, joinPath(path, index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapSecrets(item, replace, joinPath(path, key))]),
  );
}
