import { ConstellationError } from "../errors.ts";
import type { Field } from "../model/field.ts";

export type Json = Readonly<Record<string, unknown>>;

/** The named types of one Pulumi schema, found while its properties are described. */
export interface Types {
  readonly byToken: Map<string, Json>;
}

/** Describes fields as properties; `owner` names the nested types that have no name of their own. */
export function properties(fields: readonly Field[], owner: string, types: Types): Json {
  return Object.fromEntries(fields.map((field) => [field.key, property(field, owner, types)]));
}

export function requiredOf(fields: readonly Field[]): readonly string[] {
  return fields.filter((field) => !field.optional).map((field) => field.key);
}

/** A field's text with its default: the provider fills it in, so that one rule holds for every language. */
export function descriptionOf({ doc, default: fallback }: Field): string {
  if (fallback === undefined) return doc;
  return `${doc} Default: \`${typeof fallback === "string" ? fallback : JSON.stringify(fallback)}\`.`.trim();
}

function property(field: Field, owner: string, types: Types): Json {
  const { meta } = field;
  const description = descriptionOf(field);
  return {
    ...typeOf(field, owner, types),
    ...(description === "" ? {} : { description }),
    ...(holdsSecret(field) ? { secret: true } : {}),
    ...(meta.replace ? { willReplaceOnChanges: true } : {}),
    ...(meta.deprecated === undefined ? {} : { deprecationMessage: meta.deprecated }),
  };
}

/** A list or map of secrets is secret as a whole: Pulumi marks properties only. */
function holdsSecret(field: Field): boolean {
  return field.meta.secret === true || (field.item !== undefined && holdsSecret(field.item));
}

function typeOf(field: Field, owner: string, types: Types): Json {
  const { item, fields, values } = field;
  if (field.kind === "list" && item)
    return { type: "array", items: typeOf({ ...item, key: field.key }, owner, types) };
  if (field.kind === "map" && item) {
    return { type: "object", additionalProperties: typeOf({ ...item, key: field.key }, owner, types) };
  }
  if (values) return reference(nameOf(field, owner), enumType(field, values), types);
  if (field.kind !== "object" || !fields) return { type: field.kind };
  const name = nameOf(field, owner);
  const required = requiredOf(fields);
  const type = {
    type: "object",
    properties: properties(fields, name, types),
    ...(required.length > 0 ? { required } : {}),
  };
  return reference(name, type, types);
}

function nameOf(field: Field, owner: string): string {
  return field.meta.type ?? `${owner}${pascal(field.key)}`;
}

function enumType({ doc }: Field, values: readonly string[]): Json {
  return {
    type: "string",
    ...(doc === "" ? {} : { description: doc }),
    enum: values.map((value) => ({ name: pascal(value), value })),
  };
}

/** `start-first` is `StartFirst`. */
function pascal(text: string): string {
  return text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function reference(name: string, type: Json, types: Types): Json {
  const token = `constellation:index:${name}`;
  const known = types.byToken.get(token);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(type)) {
    throw new ConstellationError(
      "bug",
      `describe type ${name}: two different types have this name; rename one`,
    );
  }
  types.byToken.set(token, type);
  return { $ref: `#/types/${token}` };
}
