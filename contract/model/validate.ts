import type { Violation } from "../errors.ts";
import type { Resource } from "./resource.ts";

/** Stands for a value that is not known before the apply. */
export const UNKNOWN: unique symbol = Symbol.for("constellation.unknown");

export interface Checked {
  /** The inputs with defaults filled in, at every depth where the parent is given. */
  readonly inputs: Record<string, unknown>;
  /** Every mistake at once, in order of path. */
  readonly violations: readonly Violation[];
}

/**
 * Checks a resource's inputs: unknown fields (with the nearest right name), types, ranges, formats, rules across
 * fields. Values may be `UNKNOWN` anywhere: issues at, under or above one are left out. Secret leaves are opened
 * before this; messages never quote the value of a field marked secret or listed in `secretPaths`.
 */
export function checkInputs(
  _resource: Resource,
  _inputs: Record<string, unknown>,
  _options: { secretPaths?: ReadonlySet<string> } = {},
): Checked {
  throw new Error("under construction");
}
