import * as z from "zod";
import { host, instance } from "../documents.ts";
import { about, type Field, fieldsOf } from "../model/field.ts";
import { dnsLabel } from "../model/values.ts";
import { Service } from "./service.ts";

/** A question about live facts, which never enter an engine's state. */
export interface LiveFunction {
  readonly token: string;
  readonly doc: string;
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}

const cluster = about(z.string(), { secret: true })
  .optional()
  .describe("`access` of the `Cluster` to ask. Default: the provider's.");
const namespace = dnsLabel.optional().describe("Default: the provider's.");
const instances = z.array(about(instance, { type: "InstanceFacts" }));

/** Every function of the Pulumi package, by name. */
export const functions: Readonly<Record<string, LiveFunction>> = {
  getService: declare("getService", "A service as it is now.", {
    inputs: z.object({ cluster, namespace, name: dnsLabel.describe("The service's name.") }),
    outputs: z.object({
      ...Service.stable.shape,
      ...Service.revised.shape,
      namespace: z.string().describe("The namespace it lives in."),
      name: z.string().describe("Its name within the namespace."),
      revision: z.int().describe("Counts the changes of its inputs, from 1."),
      wanted: z.int().describe("How many instances are to run."),
      healthy: z.int().describe("How many of them are healthy."),
      instances: instances.describe("Its instances, as last reported."),
    }),
  }),
  getInstances: declare("getInstances", "Instances of every host, as last reported.", {
    inputs: z.object({
      cluster,
      namespace: dnsLabel.optional().describe("Only those of this namespace."),
      service: dnsLabel.optional().describe("Only those of this service."),
    }),
    outputs: z.object({ instances: instances.describe("In order of namespace and name.") }),
  }),
  getHosts: declare("getHosts", "The cluster's hosts.", {
    inputs: z.object({ cluster }),
    outputs: z.object({ hosts: z.array(about(host, { type: "HostFacts" })).describe("In order of name.") }),
  }),
};

function declare(
  name: string,
  doc: string,
  { inputs, outputs }: { inputs: z.ZodObject; outputs: z.ZodObject },
): LiveFunction {
  return { token: `constellation:index:${name}`, doc, inputs: fieldsOf(inputs), outputs: fieldsOf(outputs) };
}
