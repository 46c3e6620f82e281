import { ConstellationError } from "../errors.ts";
import type { Field } from "../model/field.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Collects the named types that a field tree refers to; two different ones of a name are a mistake in the model. */
export interface NamedSchemas {
  readonly found: Map<string, JsonSchema>;
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** An object's JSON Schema from its fields; nested types that have a name become references into `named`. */
export function objectSchema(fields: readonly Field[], named: NamedSchemas): JsonSchema {
  const required = fields.filter((field) => !field.optional).map((field) => field.key);
  return {
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field.key, fieldSchema(field, named)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function fieldSchema(field: Field, named: NamedSchemas): JsonSchema {
  const { meta } = field;
  return {
    ...(field.doc === "" ? {} : { description: field.doc }),
    ...valueSchema(field, named),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.values ? { enum: field.values } : {}),
    ...(meta.format ? { format: meta.format } : {}),
    ...(meta.deprecated === undefined ? {} : { deprecated: true }),
    ...(meta.secret ? { "x-secret": true } : {}),
  };
}

function valueSchema(field: Field, named: NamedSchemas): JsonSchema {
  const { item, fields, meta } = field;
  if (field.kind === "list" && item) return { type: "array", items: fieldSchema(item, named) };
  if (field.kind === "map" && item) return { type: "object", additionalProperties: fieldSchema(item, named) };
  if (field.kind !== "object" || !fields) return { type: field.kind };
  if (meta.type === undefined) return objectSchema(fields, named);
  const schema = objectSchema(fields, named);
  const known = named.found.get(meta.type);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new ConstellationError(
      "bug",
      `describe type ${meta.type}: two different types have this name; rename one`,
    );
  }
  named.found.set(meta.type, schema);
  return reference(meta.type);
}
