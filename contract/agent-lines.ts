import type { ErrorCode } from "./errors.ts";

/** What `constellation-agent` prints with `--json`, a line each; the last one is a result or an error. */
export type AgentLine =
  | { readonly progress: string }
  | { readonly result: Readonly<Record<string, unknown>> }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** undefined: the line is for people. */
export function parseAgentLine(text: string): AgentLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null ? (line as AgentLine) : undefined;
  } catch {
    return undefined;
  }
}
