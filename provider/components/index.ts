/**
 * Components: resources made of other resources, registered through the engine by this process.
 * A component never talks to a cluster itself; its children do.
 */
import type { ComponentResource, ComponentResourceOptions, Inputs } from "@pulumi/pulumi";
import { application } from "./application.ts";

export interface Constructed {
  readonly component: ComponentResource;
  readonly state: Inputs;
}

export type Construct = (
  pulumi: typeof import("@pulumi/pulumi"),
  name: string,
  inputs: Inputs,
  options: ComponentResourceOptions,
) => Constructed;

/** By token. */
export const components: Readonly<Record<string, Construct>> = {
  "constellation:index:Application": application,
};
