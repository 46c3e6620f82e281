import type { Format } from "./field.ts";
import { durationMs, quantityBytes } from "./values.ts";

const readers: Record<Format, (text: string) => number | undefined> = {
  duration: durationMs,
  quantity: quantityBytes,
  mode: (text) => (/^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined),
};

/** Whether two spellings mean one value; malformed ones are compared as they stand. */
export function sameText(a: string, b: string, format: Format | undefined): boolean {
  if (a === b || format === undefined) return a === b;
  const value = readers[format](a);
  return value !== undefined && value === readers[format](b);
}
