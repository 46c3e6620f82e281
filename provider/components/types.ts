import type { ComponentResource, ComponentResourceOptions, Inputs } from "@pulumi/pulumi";

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
