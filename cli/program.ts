import { Command, CommanderError, InvalidArgumentError } from "commander";
import { commands, globalOptions } from "./commands/index.ts";
import {
  type CommandSpec,
  type GlobalOptions,
  type OptionSpec,
  type Options,
  type Session,
  UsageError,
} from "./session/index.ts";
import { version } from "./version.ts";

export interface Running {
  readonly start: (options: GlobalOptions) => Session;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Parses and runs; resolves with the exit code. Throws what a command throws, and `UsageError`. */
export async function runProgram(argv: readonly string[], running: Running): Promise<number> {
  let code = 0;
  const program = new Command("constellation")
    .description("See and reach what runs on a Constellation cluster.")
    .version(version, "-V, --version", "Print this command's version.")
    .helpOption("-h, --help", "Show help.")
    .helpCommand("help [command]", "Show a command's help.")
    .configureOutput({ writeOut: running.write, writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 1 when it failed, 2 when it was typed wrong; exec passes its command's on,\n127 where there is no such command, 126 where it cannot be executed.",
    );
  addOptions(program, globalOptions);
  for (const spec of commands) {
    const command = program
      .command(spec.name)
      .description(spec.summary)
      .copyInheritedSettings(program)
      .addHelpText("after", examplesOf(spec));
    for (const { syntax, doc } of spec.arguments ?? []) command.argument(syntax, doc);
    addOptions(command, [...(spec.options ?? []), ...globalOptions]);
    command.action(async () => {
      const session = running.start(mergeGlobal(program.opts(), command.opts()));
      const action = await spec.load();
      const options = command.opts() as Options;
      try {
        code = await action({ session, args: command.args, options });
      } finally {
        session.close();
      }
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") {
      running.writeError(program.helpInformation());
      return 2;
    }
    throw new UsageError(usageOf(error, argv));
  }
  return code;
}

function addOptions(command: Command, options: readonly OptionSpec[]): void {
  for (const { flags, doc, parse } of options) {
    if (parse === undefined) command.option(flags, doc);
    else command.option(flags, doc, (text: string) => refusable(parse, text));
  }
}

function refusable(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** `constellation --json ps` and `constellation ps --json` are one. */
function mergeGlobal(before: GlobalOptions, after: GlobalOptions): GlobalOptions {
  return { ...before, ...after, color: before.color !== false && after.color !== false };
}

function usageOf(error: CommanderError, argv: readonly string[]): string {
  const text = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  const isExec = argv.includes("exec") && error.code === "commander.unknownOption" && !argv.includes("--");
  return isExec ? `${text}; put -- before the command: constellation exec NAME -- COMMAND` : text;
}

function examplesOf({ examples }: CommandSpec): string {
  if (examples.length === 0) return "";
  return ["\nExamples:", ...examples.flatMap(([line, doc]) => [`  # ${doc}`, `  ${line}`])].join("\n");
}
