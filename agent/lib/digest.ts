import { createHash } from "node:crypto";
import { isSecretLeaf } from "../../contract/index.ts";

/** SHA-256 over JSON with sorted keys; a secret leaf counts by its digest, so sealing again changes nothing. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex");
}

function canonical(value: unknown): string {
  if (isSecretLeaf(value)) return JSON.stringify({ digest: value.$secret.digest });
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(",")}}`;
}
