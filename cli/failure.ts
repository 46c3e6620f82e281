import type { ConstellationError, ErrorCode } from "../contract/index.ts";
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

/** As a shell has them; `env` and `timeout` too: a program to run is not there, or is none. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  "command-missing": 127,
  "command-invalid": 126,
  cancelled: 130,
};

/** 2 where it was typed wrong, 127 and 126 where `exec` could not run its command, 130 after Ctrl-C, else 1. */
export function failureExitCode(error: unknown): number {
  return error instanceof UsageError ? 2 : (exitCodes[described(error).code] ?? 1);
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
