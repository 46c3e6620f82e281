import type { ConstellationError } from "../contract/index.ts";
import { commands } from "./commands/index.ts";
import { UsageError } from "./session/index.ts";
import { printable } from "./terminal/index.ts";

/** How a failure is told on standard error: one line, then what is wrong with each field; with `--json` as the API does. */
export function failureLines(error: unknown, argv: readonly string[]): string[] {
  const { code, message, violations } = described(error);
  const isJson = argv.slice(0, ends(argv)).includes("--json");
  if (isJson) return [JSON.stringify({ error: { code, message, violations } })];
  const command = argv.find((word) => commands.some(({ name }) => name === word));
  const line = [
    "constellation",
    ...(command === undefined ? [] : [command]),
    message.split("\n").map(printable).join("\n  "),
  ].join(": ");
  const help =
    error instanceof UsageError ? [`see: constellation ${command ? `${command} ` : ""}--help`] : [];
  return [
    line,
    ...violations.map(({ path, reason }) => `  ${printable(path)}: ${printable(reason)}`),
    ...help,
  ];
}

function described(error: unknown): Pick<ConstellationError, "code" | "message" | "violations"> {
  // By its shape: the class is in a part of the program that a failure may not have loaded yet.
  if (error instanceof Error && error.name === "ConstellationError") return error as ConstellationError;
  if (error instanceof UsageError) return { code: "invalid", message: error.message, violations: [] };
  return { code: "bug", message: error instanceof Error ? error.message : String(error), violations: [] };
}

/** Words after `--` are another command's. */
function ends(argv: readonly string[]): number {
  const at = argv.indexOf("--");
  return at < 0 ? argv.length : at;
}
