import { describe, expect, test } from "@jest/globals";
import type { Resource } from "../model/resource.ts";
import { resources } from "../resources/index.ts";
import { pulumiSchema } from "./pulumi-schema.ts";

interface Property {
  readonly type?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly secret?: boolean;
  readonly willReplaceOnChanges?: boolean;
}

interface Described {
  readonly inputProperties: Readonly<Record<string, Property>>;
  readonly requiredInputs: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
  readonly required: readonly string[];
}

const schema = pulumiSchema("1.2.3") as unknown as {
  readonly version: string;
  readonly types: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, Described>>;
  readonly functions: Readonly<Record<string, unknown>>;
};

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" ? [String(inner)] : references(inner),
  );
}

describe("pulumiSchema", () => {
  test("is the same every time, and plain JSON", () => {
    expect(JSON.stringify(pulumiSchema("1.2.3"))).toBe(JSON.stringify(schema));
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.version).toBe("1.2.3");
  });

  test("refers to its own types, and has no other", () => {
    const used = new Set(references(schema));
    expect([...used].sort()).toEqual(
      Object.keys(schema.types)
        .map((token) => `#/types/${token}`)
        .sort(),
    );
  });

  test.each(Object.values<Resource>(resources))(
    "$kind has its inputs, its outputs and the common ones",
    (resource) => {
      const described = schema.resources[resource.token] as Described;
      const place = [
        ...(resource.namespaced || resource.onCluster ? ["cluster"] : []),
        ...(resource.namespaced ? ["namespace"] : []),
        "name",
      ];
      expect(Object.keys(described.inputProperties)).toEqual([
        ...place,
        ...resource.fields.inputs.map(({ key }) => key),
      ]);
      const common = resource.namespaced
        ? ["clusterId", "namespace", "name", "revision"]
        : ["clusterId", "name", "revision"];
      for (const key of common) expect(described.required).toContain(key);
      for (const key of described.required) expect(described.properties[key]).toBeDefined();
      for (const key of described.requiredInputs) expect(described.inputProperties[key]).toBeDefined();
    },
  );

  test("says what is secret, what replaces and what a default is", () => {
    const { [resources.Secret.token]: secret, [resources.Service.token]: service } = schema.resources;
    expect(secret?.inputProperties.value?.secret).toBe(true);
    expect(secret?.properties.values?.secret).toBe(true);
    expect(service?.inputProperties.cluster?.secret).toBe(true);
    expect(service?.inputProperties.name?.willReplaceOnChanges).toBe(true);
    expect(service?.inputProperties.image?.willReplaceOnChanges).toBeUndefined();
    expect(service?.inputProperties.replicas?.description).toContain("Default: `1`.");
  });
});
