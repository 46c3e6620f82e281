import { joinPath, UNKNOWN } from "../../contract/index.ts";

export type Properties = Record<string, unknown>;

/**
 * Properties as an engine holds them, opened up: plain values with `UNKNOWN` where a value is not known yet, and
 * beside them the paths under which everything is secret.
 */
export interface Opened {
  readonly value: Properties;
  readonly secretPaths: ReadonlySet<string>;
}

/** Rebuilds a tree leaf by leaf; `visit` sees every node before its children and may replace it. */
export function mapTree(
  value: unknown,
  visit: (value: unknown, path: string) => { replace: unknown } | undefined,
  path = "",
): unknown {
  const found = visit(value, path);
  if (found) return found.replace;
  if (Array.isArray(value)) return value.map((item, index) => mapTree(item, visit, joinPath(path, index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, mapTree(item, visit, joinPath(path, key))]),
  );
}

export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** The text of a known, non-empty string; else undefined. */
export function knownText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
