import { UsageError } from "../session/index.ts";

/** A whole number from 0 on. */
export function lineCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`"${text}" is no count; give a whole number from 0 on`);
  return Number(text);
}
