import { destinationPattern, notDestination } from "../destination.ts";
import { UsageError } from "../session/index.ts";

export function destination(text: string): string {
  if (destinationPattern.test(text)) return text;
  throw new UsageError(`"${text}" ${notDestination}`);
}
