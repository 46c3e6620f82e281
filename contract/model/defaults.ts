import type { Field } from "./field.ts";
import { isRecord } from "./unknown.ts";

/**
 * Fills in the defaults of absent fields at every depth whose parent is given. A `null` member of an object is
 * absent; one in a list or a map stays and is a mistake. Declared fields come first, in their order.
 * Values of a wrong type, unknown fields and `UNKNOWN` pass untouched. Shares nothing mutable with the input.
 */
export function fillDefaults(
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const declared = fields.flatMap((field): [string, unknown][] => {
    const value = Object.hasOwn(given, field.key) ? given[field.key] : undefined;
    const chosen = value === undefined || value === null ? field.default : value;
    return chosen === undefined ? [] : [[field.key, fillField(field, chosen)]];
  });
  const known = new Set(fields.map((field) => field.key));
  const others = Object.entries(given).filter(([key, value]) => !known.has(key) && value !== undefined);
  return Object.fromEntries([...declared, ...others]);
}

function fillField(field: Field, value: unknown): unknown {
  const { item, fields } = field;
  if (field.kind === "list" && item && Array.isArray(value))
    return value.map((entry) => fillField(item, entry));
  if (!isRecord(value)) return value;
  if (field.kind === "object" && fields) return fillDefaults(fields, value);
  if (field.kind === "map" && item) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return Object.fromEntries(entries.map(([key, entry]) => [key, fillField(item, entry)]));
  }
  return value;
}
