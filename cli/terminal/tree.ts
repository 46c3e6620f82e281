import { printable } from "./printable.ts";

/** Nested values as indented lines, much like YAML, for people; secrets show as their digest alone. */
export function tree(value: unknown, indent = ""): string[] {
  if (!isNested(value)) return [`${indent}${scalar(value)}`];
  const entries = Array.isArray(value) ? value.map((item) => ["-", item] as const) : Object.entries(value);
  return entries.flatMap(([key, item]) =>
    entry(Array.isArray(value) ? "-" : `${printable(key)}:`, item, indent),
  );
}

function entry(label: string, value: unknown, indent: string): string[] {
  if (value === undefined) return [];
  if (!isNested(value)) return [`${indent}${label} ${scalar(value)}`];
  const lines = tree(value, `${indent}  `);
  if (label !== "-") return [`${indent}${label}`, ...lines];
  return lines.map((line, at) => (at === 0 ? `${indent}- ${line.slice(indent.length + 2)}` : line));
}

function isNested(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    secretOf(value) === undefined &&
    Object.keys(value).length > 0
  );
}

function scalar(value: unknown): string {
  const secret = secretOf(value);
  if (secret !== undefined) return secret;
  if (typeof value === "string") return value === "" ? '""' : printable(value);
  return JSON.stringify(value) ?? "";
}

/** `secret (sha256:ab12...)`; whatever else such a leaf holds is never printed. */
function secretOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("$secret" in value)) return undefined;
  const leaf = value.$secret;
  const digest = typeof leaf === "object" && leaf !== null && "digest" in leaf ? String(leaf.digest) : "";
  return digest === "" ? "secret" : `secret (${printable(digest.slice(0, 19))})`;
}
