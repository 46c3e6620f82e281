import { ConstellationError, errorTable } from "../contract/index.ts";
import { commands, parseArguments } from "./commands/index.ts";

await main(process.argv.slice(2));
// What outlives the agent is still being watched by it, and would keep it here, also after a failed start: its guard
// would take it for alive.
process.exit();

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  const command = commands[name];
  if (!command) {
    process.stderr.write(usage());
    process.exitCode = 2;
    return;
  }
  const json = args.includes("--json");
  try {
    const result = await command.run(parseArguments(args));
    if (result !== undefined) process.stdout.write(json ? `${JSON.stringify({ result })}\n` : say(result));
  } catch (error) {
    fail(error, json);
  }
}

function fail(error: unknown, json: boolean): void {
  const own = error instanceof ConstellationError ? error : undefined;
  const message = own?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: own?.code ?? "bug", message } })}\n`);
  else process.stderr.write(`constellation-agent: ${message}\n`);
  process.exitCode = own && errorTable[own.code].retryable ? 75 : 1; // sysexits.h: EX_TEMPFAIL
}

/** For people: a list a line, anything else as JSON; nothing at all for an empty list. */
function say(result: unknown): string {
  if (Array.isArray(result))
    return result
      .map((item) => `${typeof item === "string" ? item : Object.values(item).join(" ")}\n`)
      .join("");
  return `${JSON.stringify(result, null, 2)}\n`;
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);
  return `usage: constellation-agent COMMAND [--root DIR] [--json]\n\n${lines.join("\n")}\n`;
}
