/** Stands for a value that is not known before the apply. */
export const UNKNOWN: unique symbol = Symbol.for("constellation.unknown");

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
