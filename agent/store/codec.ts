import { ConstellationError, limits } from "../../contract/index.ts";
import { type Family, familyOf, recordVersion } from "./records.ts";

/** A record as text, within the bound of its key. */
export function encode(key: string, record: object): string {
  const text = JSON.stringify({ v: recordVersion, ...record });
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.documentBytes) {
    throw new ConstellationError(
      "too-large",
      `store ${key}: ${bytes} bytes; the most is ${limits.documentBytes}, make it smaller`,
    );
  }
  return text;
}

/** Reads back what `encode` wrote, with fields that only a newer version knows. Text of an unknown version, or that breaks the schema, is a `bug`. */
export function decode<R>(family: Family<R>, key: string, text: string): R {
  const raw = parse(key, text);
  const version = typeof raw === "object" && raw !== null && "v" in raw ? raw.v : undefined;
  if (version !== recordVersion) {
    throw new ConstellationError(
      "bug",
      `read ${key}: stored in version ${String(version)}, this agent knows ${recordVersion}; upgrade the agent`,
    );
  }
  const { v: _, ...fields } = raw as Record<string, unknown>;
  const parsed = family.schema.safeParse(fields);
  if (!parsed.success) throw new ConstellationError("bug", `read ${key}: ${parsed.error.message}`);
  return parsed.data;
}

function parse(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConstellationError("bug", `read ${key}: not JSON`); // The parser's own words quote the text.
  }
}

/** Throws as `decode` does where this agent could not read the record; a key of no family it knows passes. */
export function checkRecord(key: string, text: string): void {
  const family = familyOf(key);
  if (family !== undefined) decode(family, key, text);
}
