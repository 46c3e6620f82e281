import type { Field } from "../model/field.ts";
import { code, table } from "./markdown.ts";

export interface TableOptions {
  /** Fields whose change replaces the resource, beside those that say so themselves. */
  readonly replacing?: readonly string[];
  /** Types that another page has, with its address. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/** The table of some fields, then one for each type they are made of, in the order they are met. */
export function fieldTables(fields: readonly Field[], options: TableOptions = {}): string {
  const nested = collectTypes(fields, options);
  const sections = [...nested].map(
    ([name, members]) => `### ${name}\n\n${fieldTable(members, options.elsewhere)}`,
  );
  return [fieldTable(fields, options.elsewhere, options.replacing), ...sections].join("\n\n");
}

/** What comes out: always there unless it says so, and without defaults. */
export function outputTables(fields: readonly Field[]): string {
  const nested = collectTypes(fields, {});
  const sections = [...nested].map(([name, members]) => `### ${name}\n\n${outputTable(members)}`);
  return [outputTable(fields), ...sections].join("\n\n");
}

function fieldTable(
  fields: readonly Field[],
  elsewhere: TableOptions["elsewhere"] = {},
  replacing: readonly string[] = [],
): string {
  return table(
    ["field", "type", "default", "about"],
    fields.map((field) => [
      code(field.key),
      typeName(field, elsewhere),
      field.default === undefined
        ? field.optional
          ? ""
          : "**required**"
        : code(JSON.stringify(field.default)),
      notes(field, replacing.includes(field.key)),
    ]),
  );
}

function outputTable(fields: readonly Field[]): string {
  return table(
    ["field", "type", "about"],
    fields.map((field) => [
      code(field.key),
      `${typeName(field, {})}${field.optional ? ", may be absent" : ""}`,
      notes(field, false),
    ]),
  );
}

function notes(field: Field, replaces: boolean): string {
  return [
    field.doc,
    field.values ? `One of ${field.values.map(code).join(", ")}.` : "",
    field.meta.secret || field.item?.meta.secret ? "Secret." : "",
    replaces || field.meta.replace ? "A change replaces the resource." : "",
    field.meta.deprecated === undefined ? "" : `Deprecated: ${field.meta.deprecated}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function typeName(field: Field, elsewhere: Readonly<Record<string, string>>): string {
  const { item, meta } = field;
  if (field.kind === "list" && item) return `list of ${typeName({ ...item, key: field.key }, elsewhere)}`;
  if (field.kind === "map" && item) return `map of ${typeName({ ...item, key: field.key }, elsewhere)}`;
  if (field.kind !== "object") return meta.format ?? field.kind;
  const name = objectName(field);
  return `[${name}](${elsewhere[name] ?? `#${name.toLowerCase()}`})`;
}

function objectName({ meta, key }: Field): string {
  return meta.type ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`;
}

/** Breadth first: a type comes right after the table that names it. */
function collectTypes(
  fields: readonly Field[],
  { elsewhere = {} }: TableOptions,
): Map<string, readonly Field[]> {
  const found = new Map<string, readonly Field[]>();
  const waiting = [...fields];
  for (let field = waiting.shift(); field !== undefined; field = waiting.shift()) {
    let inner = field;
    while (inner.item) inner = { ...inner.item, key: field.key };
    const name = objectName(inner);
    if (!inner.fields || found.has(name) || name in elsewhere) continue;
    found.set(name, inner.fields);
    waiting.push(...inner.fields);
  }
  return found;
}
