import * as z from "zod";
import { about, type Field, fieldsOf } from "./field.ts";
import type { ResourceSpec } from "./resource.ts";
import { dnsLabel } from "./values.ts";

const name = dnsLabel.optional().describe("Default: the resource's name in the program.");

const cluster = about(z.string(), { secret: true })
  .optional()
  .describe(
    "`access` of the `Cluster` to use. Default: the provider's `cluster`, `CONSTELLATION_CLUSTER`, then the agent on this machine.",
  );

const inNamespace = z.strictObject({
  cluster,
  namespace: about(dnsLabel, { replace: true })
    .optional()
    .describe("Default: the provider's `namespace`, else `default`."),
  name: about(name, { replace: true }),
});

const alone = z.strictObject({ name: about(name, { replace: true }) });
const onCluster = z.strictObject({ cluster, ...alone.shape });

const outputs = z.object({
  clusterId: z.string().describe("The cluster it lives on."),
  name: z.string().describe("Its name within the namespace."),
  revision: z.int().describe("Counts the changes of its inputs, from 1."),
});

const namespacedOutputs = z.object({
  clusterId: outputs.shape.clusterId,
  namespace: z.string().describe("The namespace it lives in."),
  name: outputs.shape.name,
  revision: outputs.shape.revision,
});

const compiled = {
  inputs: { namespaced: fieldsOf(inNamespace), onCluster: fieldsOf(onCluster), alone: fieldsOf(alone) },
  outputs: { namespaced: fieldsOf(namespacedOutputs), alone: fieldsOf(outputs) },
};

/** Inputs that every resource of its sort has beside its own: which cluster, which name. The edges take them off. */
export function commonInputs(resource: Pick<ResourceSpec, "namespaced" | "onCluster">): readonly Field[] {
  if (resource.namespaced) return compiled.inputs.namespaced;
  return resource.onCluster ? compiled.inputs.onCluster : compiled.inputs.alone;
}

/** Outputs that every resource of its sort has beside its own. */
export function commonOutputs(resource: Pick<ResourceSpec, "namespaced">): readonly Field[] {
  return resource.namespaced ? compiled.outputs.namespaced : compiled.outputs.alone;
}
