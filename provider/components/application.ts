import type { Input, Inputs, Output } from "@pulumi/pulumi";
import type { Construct } from "./types.ts";

/** Several services of one namespace, declared as a map: each becomes a child named after its key. */
export const application: Construct = (pulumi, { type, name, inputs, options }) => {
  const component = new pulumi.ComponentResource(type, name, {}, options);
  const place = Object.fromEntries(
    ["cluster", "namespace"].filter((key) => inputs[key] !== undefined).map((key) => [key, inputs[key]]),
  );
  const declare = (services: Inputs) =>
    Object.fromEntries(
      Object.entries(services).map(([key, service]) => {
        const child = new Service(key, { name: key, ...place, ...service }, { parent: component });
        return [key, child.address];
      }),
    );

  /** The child as the engine knows it: the generated SDK is for programs, not for the provider. */
  class Service extends pulumi.CustomResource {
    declare readonly address: Output<string>;
    constructor(key: string, properties: Inputs, childOptions: { parent: typeof component }) {
      super(
        "constellation:index:Service",
        `${name}-${key}`,
        { address: undefined, ...properties },
        childOptions,
      );
    }
  }

  const addresses: Input<Inputs> = pulumi
    .output(inputs.services as Input<Inputs>)
    .apply((services) => pulumi.all(declare(services)));
  return { component, state: { addresses } };
};
