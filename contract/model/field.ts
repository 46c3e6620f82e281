import * as z from "zod";

/**
 * How a string is to be read, where two spellings can mean one value (`"60s"` and `"1m"`, `"0644"` and `"644"`).
 * Compared by that value; a malformed one is refused by the zod schema that carries the format.
 */
export type Format = "duration" | "quantity" | "mode";

/** What the field tree knows beyond zod's own: registered on the schema with `about`. */
export interface Meta {
  /** Sealed in the store, a digest in answers, a secret in the engine. */
  readonly secret?: boolean;
  /** A change makes a new resource. */
  readonly replace?: boolean;
  readonly format?: Format;
  /** Why not to use it, and what instead. */
  readonly deprecated?: string;
  /** Names the type in generated SDKs; without it the path of the field names it. */
  readonly type?: string;
  /** An object of which exactly one member is given. */
  readonly exactlyOne?: boolean;
}

/**
 * The neutral tree a resource is compiled to. Engine edges, validation, OpenAPI and the reference read this,
 * never zod's internals.
 */
export interface Field {
  readonly key: string;
  readonly kind: "string" | "integer" | "number" | "boolean" | "list" | "map" | "object";
  readonly doc: string;
  readonly optional: boolean;
  readonly default?: unknown;
  readonly values?: readonly string[];
  readonly item?: Field;
  readonly fields?: readonly Field[];
  readonly meta: Meta;
}

const registry = z.registry<Meta>();

/**
 * A schema with metadata, beside what it has; the one given stays as it is, since others may share it. The
 * outermost registration of a wrapped schema wins, key by key.
 */
export function about<S extends z.ZodType>(schema: S, meta: Meta): S {
  const copy = schema.clone();
  registry.add(copy, { ...registry.get(schema), ...meta });
  return copy;
}

/** Compiles one zod object to the fields of the neutral tree, in the order they were declared. */
export function fieldsOf(shape: z.ZodObject): readonly Field[] {
  return Object.entries(shape.shape).map(([key, schema]) => field(key, schema as z.ZodType));
}

function field(key: string, schema: z.ZodType): Field {
  const { core, optional, fallback, meta, doc } = unwrap(schema);
  const base = {
    key,
    doc,
    optional,
    meta,
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  if (core instanceof z.ZodEnum) return { ...base, kind: "string", values: core.options.map(String) };
  if (core instanceof z.ZodString || core instanceof z.ZodStringFormat) return { ...base, kind: "string" };
  if (core instanceof z.ZodBoolean) return { ...base, kind: "boolean" };
  if (core instanceof z.ZodNumber) return { ...base, kind: core.format === "safeint" ? "integer" : "number" };
  if (core instanceof z.ZodArray)
    return { ...base, kind: "list", item: field("", core.element as z.ZodType) };
  if (core instanceof z.ZodRecord)
    return { ...base, kind: "map", item: field("", core.valueType as z.ZodType) };
  if (core instanceof z.ZodObject) return { ...base, kind: "object", fields: fieldsOf(core) };
  throw new TypeError(`compile field ${key}: zod type ${core.type} has no place in the field tree`);
}

interface Unwrapped {
  core: z.ZodType;
  optional: boolean;
  fallback: unknown;
  meta: Meta;
  doc: string;
}

function unwrap(schema: z.ZodType): Unwrapped {
  let core = schema;
  let optional = false;
  let fallback: unknown;
  let meta: Meta = {};
  let doc = "";
  for (;;) {
    meta = { ...registry.get(core), ...meta };
    doc ||= core.description ?? "";
    if (core instanceof z.ZodOptional) {
      optional = true;
    } else if (core instanceof z.ZodDefault) {
      optional = true;
      fallback = core.def.defaultValue;
    } else {
      return { core, optional, fallback, meta, doc };
    }
    core = core.def.innerType as z.ZodType;
  }
}
