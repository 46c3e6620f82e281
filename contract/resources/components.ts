import * as z from "zod";
import { about, type Field, fieldsOf } from "../model/field.ts";
import { dnsLabel } from "../model/values.ts";
import { Service } from "./service.ts";

/** A resource made of other resources, registered through the engine; the agent knows nothing of it. */
export interface Component {
  readonly token: string;
  readonly doc: string;
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}

/** Every component of the Pulumi package, by name. */
export const components: Readonly<Record<string, Component>> = {
  Application: {
    token: "constellation:index:Application",
    doc: "Several services of one namespace that make one application.",
    inputs: fieldsOf(
      z.object({
        cluster: about(z.string(), { secret: true })
          .optional()
          .describe("`access` of the `Cluster` to use. Default: the provider's."),
        namespace: dnsLabel.optional().describe("Default: the provider's `namespace`, else `default`."),
        services: z
          .record(dnsLabel, about(Service.inputs, { type: "ServiceSpec" }))
          .describe("The services by name, each as `Service` takes it."),
      }),
    ),
    outputs: fieldsOf(
      z.object({
        addresses: z.record(z.string(), z.string()).describe("Each service's virtual address, by name."),
      }),
    ),
  },
};
