import type * as z from "zod";
import { ConstellationError, formatPath, limits } from "../../contract/index.ts";

/** Parses one part of a request; every mistake at once, unknown fields included. */
export function parsePart<S extends z.ZodType>(
  schema: S | undefined,
  part: "path" | "query" | "body",
  value: unknown,
): z.infer<S> {
  if (!schema) return undefined as z.infer<S>;
  if (part === "body") requireShallow(value);
  const strict =
    part === "query" && "strict" in schema ? (schema as unknown as z.ZodObject).strict() : schema;
  const parsed = strict.safeParse(value);
  if (parsed.success) return parsed.data as z.infer<S>;
  const violations = parsed.error.issues.map(({ path, message }) => ({
    path: formatPath(path as string[]),
    reason: message,
  }));
  const lines = violations.map(({ path, reason }) => (path === "" ? reason : `${path}: ${reason}`));
  throw new ConstellationError("invalid", `read the request's ${part}: ${lines.join("; ")}`, { violations });
}

/** What looks at a body goes down into it: one without a bottom would end in the middle of nowhere. */
function requireShallow(body: unknown): void {
  let level = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.bodyDepth) {
      const reason = `over ${limits.bodyDepth} lists and objects within each other; make it flatter`;
      throw new ConstellationError("too-large", `read the request's body: ${reason}`);
    }
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
}

/** The etag in an `If-Match` header; undefined where there is none. */
export function etagOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : header.replace(/^(W\/)?"(.*)"$/, "$2");
}

/** An exec's argument vector: a JSON array of at least one string. */
export function parseCommand(text: string): string[] {
  const refused = (cause?: unknown) =>
    new ConstellationError(
      "invalid",
      'read the command: write it as a JSON array of strings, like ["sh","-c","ls"]',
      { cause },
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw refused(cause);
  }
  if (!Array.isArray(parsed) || parsed.length === 0 || !parsed.every((part) => typeof part === "string"))
    throw refused();
  return parsed;
}

/** The revision in a `Last-Event-ID` header; undefined where there is none. */
export function cursorOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  const cursor = Number(header);
  if (Number.isSafeInteger(cursor) && cursor >= 0) return cursor;
  throw new ConstellationError(
    "invalid",
    `read Last-Event-ID: "${String(header)}" is no id of this stream; list again`,
  );
}
