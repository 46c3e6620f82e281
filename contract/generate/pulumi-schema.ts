import { commonInputs, commonOutputs } from "../model/common.ts";
import type { Field } from "../model/field.ts";
import type { Resource } from "../model/resource.ts";
import { type Component, components } from "../resources/components.ts";
import { functions, type LiveFunction } from "../resources/functions.ts";
import { resources } from "../resources/index.ts";
import { type Json, properties, requiredOf, type Types } from "./pulumi-types.ts";

/** Code generators of Pulumi's SDKs: what each package is called. */
const language = {
  nodejs: {
    packageName: "@constellation/pulumi",
    packageDescription: "Plain Linux machines become one cluster, driven by a Pulumi program.",
    respectSchemaVersion: true,
    dependencies: { "@pulumi/pulumi": "^3.142.0" },
  },
  python: {
    packageName: "pulumi_constellation",
    respectSchemaVersion: true,
    pyproject: { enabled: true },
    requires: { pulumi: ">=3.142.0,<4.0.0" },
  },
  go: {
    importBasePath: "github.com/constellation/pulumi-constellation/sdk/go",
    rootPackageName: "constellation",
    respectSchemaVersion: true,
    generateResourceContainerTypes: true,
  },
};

/** What the provider itself takes. */
const providerInputs = {
  cluster: {
    type: "string",
    description:
      "`access` of the `Cluster` that resources without a `cluster` of their own use. Default: `CONSTELLATION_CLUSTER`, then the agent on this machine.",
    secret: true,
  },
  namespace: {
    type: "string",
    description: "Where resources without a `namespace` of their own live. Default: `default`.",
  },
};

/** The package's schema as Pulumi's tools read it, a pure function of the contract: equal for equal contracts. */
export function pulumiSchema(version: string): Json {
  const types: Types = { byToken: new Map() };
  const described = {
    resources: {
      ...byToken(Object.values<Resource>(resources), (resource) => describeResource(resource, types)),
      ...byToken(Object.values(components), (component) => describeComponent(component, types)),
    },
    functions: byToken(Object.values(functions), (found) => describeFunction(found, types)),
  };
  return {
    name: "constellation",
    displayName: "Constellation",
    version,
    description: language.nodejs.packageDescription,
    keywords: ["pulumi", "constellation", "containers", "category/infrastructure", "kind/native"],
    license: "Apache-2.0",
    publisher: "Constellation",
    meta: { moduleFormat: "(.*)" },
    language,
    config: { variables: providerInputs },
    provider: {
      description: "Which cluster and namespace resources use unless they say so themselves.",
      inputProperties: providerInputs,
    },
    types: Object.fromEntries([...types.byToken].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...described,
  };
}

function byToken<T extends { readonly token: string }>(items: readonly T[], describe: (item: T) => Json) {
  return Object.fromEntries(items.map((item) => [item.token, describe(item)]));
}

function describeResource(resource: Resource, types: Types): Json {
  const inputs = [...commonInputs(resource), ...resource.fields.inputs].map((field) =>
    replacing(field, resource),
  );
  const outputs = [...commonOutputs(resource), ...resource.fields.stable, ...resource.fields.revised];
  const given = new Set(outputs.map((field) => field.key));
  const always = inputs.filter((field) => !field.optional || field.default !== undefined);
  return {
    description: resource.doc,
    inputProperties: properties(inputs, resource.kind, types),
    requiredInputs: requiredOf(inputs),
    properties: {
      ...properties(
        inputs.filter((field) => !given.has(field.key)),
        resource.kind,
        types,
      ),
      ...properties(outputs, resource.kind, types),
    },
    required: [...always, ...outputs].map((field) => field.key),
  };
}

function replacing(field: Field, resource: Resource): Field {
  if (!resource.replaceWhenChanged.includes(field.key)) return field;
  return { ...field, meta: { ...field.meta, replace: true } };
}

function describeComponent({ token, doc, inputs, outputs }: Component, types: Types): Json {
  const owner = token.slice(token.lastIndexOf(":") + 1);
  return {
    description: doc,
    isComponent: true,
    inputProperties: properties(inputs, owner, types),
    requiredInputs: requiredOf(inputs),
    properties: properties(outputs, owner, types),
    required: requiredOf(outputs),
  };
}

function describeFunction({ doc, inputs, outputs }: LiveFunction, types: Types): Json {
  return {
    description: doc,
    inputs: { type: "object", properties: properties(inputs, "", types), ...requiredPart(inputs) },
    outputs: { type: "object", properties: properties(outputs, "", types), ...requiredPart(outputs) },
  };
}

function requiredPart(fields: readonly Field[]) {
  const required = requiredOf(fields);
  return required.length > 0 ? { required } : {};
}
