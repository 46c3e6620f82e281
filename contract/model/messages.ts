import type * as z from "zod";

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];
type Issue = z.core.$ZodIssue;

const longestQuote = 60;

const typeNames: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  record: "a map",
  object: "an object",
};

/** Zod's issues in this product's words. A message that a schema gives itself goes before these. */
export const sayIssue: z.core.$ZodErrorMap = (issue) => say(issue, quote(issue.input));

/** The same for secrets: without a word of the value, whatever message a schema gives itself. */
export function sayHidden(issue: Issue): string {
  const { code } = issue;
  return code === "custom" ? "is not valid; its value is secret and not shown" : say(issue, undefined);
}

function say(issue: RawIssue | Issue, quoted: string | undefined): string {
  const not = quoted === undefined ? "" : `, not ${quoted}`;
  switch (issue.code) {
    case "invalid_type":
      return sayType(String(issue.expected), issue.input, quoted);
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}${not}`;
    case "too_small":
      return saySize("least", issue.origin, Number(issue.minimum), issue.inclusive ?? true, issue.input, not);
    case "too_big":
      return saySize("most", issue.origin, Number(issue.maximum), issue.inclusive ?? true, issue.input, not);
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}${not}`;
    case "invalid_format":
      return issue.format === "regex"
        ? `must match ${issue.pattern}${not}`
        : `must be a valid ${issue.format}${not}`;
    case "invalid_key":
      return "is no valid key";
    default:
      return "is not valid";
  }
}

function sayType(expected: string, input: unknown, quoted: string | undefined): string {
  if (input === undefined) return "is required";
  const wanted = typeNames[expected] ?? `of type ${expected}`;
  if (typeof input === "number") {
    if (Number.isNaN(input)) return `must be ${wanted}, not NaN`;
    if (expected === "int" || expected === "number")
      return `must be ${wanted}${quoted === undefined ? "" : `, not ${quoted}`}`;
  }
  return `must be ${wanted}, not ${typeOf(input)}`;
}

function typeOf(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "boolean") return "a boolean";
  return typeNames[typeof input] ?? `a ${typeof input}`;
}

function saySize(
  side: "least" | "most",
  origin: string,
  bound: number,
  inclusive: boolean,
  input: unknown,
  not: string,
): string {
  const limit = inclusive ? `at ${side} ${bound}` : `${side === "least" ? "more" : "less"} than ${bound}`;
  if (origin === "number" || origin === "int") return `must be ${limit}${not}`;
  if (side === "least" && bound === 1) return "must not be empty";
  const unit = origin === "string" ? "characters" : "items";
  const size = typeof input === "string" || Array.isArray(input) ? `, not ${input.length}` : "";
  return `must have ${limit} ${unit}${size}`;
}

function quote(value: unknown): string {
  if (typeof value === "object" && value !== null) return typeOf(value);
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= longestQuote ? text : `${text.slice(0, longestQuote)}...`;
}
