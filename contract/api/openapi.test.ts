import { describe, expect, test } from "@jest/globals";
import { errorTable } from "../errors.ts";
import { resources } from "../resources/index.ts";
import { openapi } from "./openapi.ts";
import { type Route, routes } from "./routes.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string; required: boolean }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const description = openapi() as unknown as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Record<string, unknown>>> };
};
const schemas = description.components.schemas;

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" ? [String(inner)] : references(inner),
  );
}

describe("openapi", () => {
  test("is the same every time, and plain JSON", () => {
    expect(JSON.stringify(openapi())).toBe(JSON.stringify(openapi()));
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description.openapi).toBe("3.1.0");
  });

  test.each(Object.entries<Route>(routes))("describes %s", (name, route) => {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const operation = description.paths[path]?.[route.method.toLowerCase()];
    expect(operation?.operationId).toBe(name);
    const inPath = (operation?.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect(inPath.map((parameter) => parameter.name).sort()).toEqual(
      [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]).sort(),
    );
    expect(inPath.every((parameter) => parameter.required)).toBe(true);
    expect(Object.keys(operation?.responses ?? {})).toContain("default");
  });

  test("refers to nothing that is not there, and describes nothing unused", () => {
    const known = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
    const used = new Set(references(description));
    expect([...used].filter((reference) => !known.includes(reference))).toEqual([]);
    expect(known.filter((reference) => !used.has(reference))).toEqual([
      "#/components/schemas/ClusterInputs",
      "#/components/schemas/HostInputs",
    ]);
  });

  test("no named schema is a reference to itself", () => {
    for (const schema of Object.values(schemas)) expect(Object.keys(schema)).not.toContain("$ref");
  });

  test.each(Object.values(resources))("has the inputs of $kind", (resource) => {
    const inputs = schemas[`${resource.kind}Inputs`] as { properties: object; required?: string[] };
    expect(Object.keys(inputs.properties)).toEqual(resource.fields.inputs.map((field) => field.key));
    expect(inputs.required ?? []).toEqual(
      resource.fields.inputs.flatMap((field) => (field.optional ? [] : [field.key])),
    );
  });

  test("names every error code", () => {
    expect(JSON.stringify(schemas.Error)).toContain(JSON.stringify(Object.keys(errorTable)));
  });
});
