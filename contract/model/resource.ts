import type * as z from "zod";
import { type Field, fieldsOf } from "./field.ts";

/**
 * What an output is to an engine.
 * Stable: set at create, never changes in place. Revised: changes only when inputs do.
 * Live facts (health, usage, state) are never outputs: functions, the API and the command have them.
 */
export interface ResourceSpec<I extends z.ZodObject = z.ZodObject> {
  /** `Service`: the token is `constellation:index:Service`. */
  readonly kind: string;
  /** `services`: the API's path and the command's noun. */
  readonly plural: string;
  readonly doc: string;
  readonly inputs: I;
  readonly stable: z.ZodObject;
  readonly revised: z.ZodObject;
  /** Keys of inputs or common outputs; a change of one makes a new resource. */
  readonly replaceWhenChanged: readonly string[];
  /** Lives in a namespace, and is named by it. */
  readonly namespaced: boolean;
  /** Lives on a cluster that its `cluster` names, though in no namespace. */
  readonly onCluster?: boolean;
  /** Keys of inputs that the program alone decides: an import is not refused for them, the next update brings them about. */
  readonly ofProgramAlone?: readonly string[];
  /** What only one can hold at a time: a replacement that holds the same comes after what it replaces. */
  exclusive?(inputs: z.infer<I>): readonly string[];
  /** Values that the inputs can break together: run after each field is right by itself. */
  crossCheck?(inputs: z.infer<I>): readonly { path: string; reason: string }[];
}

export interface Resource<I extends z.ZodObject = z.ZodObject> extends ResourceSpec<I> {
  readonly token: string;
  readonly fields: {
    readonly inputs: readonly Field[];
    readonly stable: readonly Field[];
    readonly revised: readonly Field[];
  };
}

/** Declares a resource once; every generator and both sides of the API read the result. */
export function resource<I extends z.ZodObject>(spec: ResourceSpec<I>): Resource<I> {
  return {
    ...spec,
    token: `constellation:index:${spec.kind}`,
    fields: {
      inputs: fieldsOf(spec.inputs),
      stable: fieldsOf(spec.stable),
      revised: fieldsOf(spec.revised),
    },
  };
}
