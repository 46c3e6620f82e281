/**
 * Components: resources made of other resources, registered through the engine by this process.
 * A component never talks to a cluster itself; its children do.
 */
import { application } from "./application.ts";
import type { Construct } from "./types.ts";

/** How each component of the contract is made, by name. */
export const constructs: Readonly<Record<string, Construct>> = { Application: application };
