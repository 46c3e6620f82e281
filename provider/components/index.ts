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

export interface Declaration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Inputs;
  readonly options: ComponentResourceOptions;
}

export type Construct = (pulumi: typeof import("@pulumi/pulumi"), declaration: Declaration) => Constructed;

/** How each component of the contract is made, by name. */
export const constructs: Readonly<Record<string, Construct>> = {
  "constellation:index:Application": application,
};
