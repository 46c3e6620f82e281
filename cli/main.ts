import { commands, globalOptions } from "./commands/index.ts";
import { failureExitCode, failureLines } from "./failure.ts";
import { type StartOptions, startSession } from "./session/index.ts";

// Whoever reads has seen enough, as in `constellation ps | head -1`: end as SIGPIPE would.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));

const argv = process.argv.slice(2);
const start = (options: StartOptions) => startSession(process, options);
try {
  process.exitCode = await (argv[0] === "__complete" ? completeWords(argv.slice(1)) : runCommand());
} catch (error) {
  process.stderr.write(`${failureLines(error, argv).join("\n")}\n`);
  process.exitCode = failureExitCode(error);
}

async function runCommand(): Promise<number> {
  const { runProgram } = await import("./program.ts");
  return runProgram(argv, {
    start,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}

/** For the completion scripts; not a command, as its words are another one's. */
async function completeWords(words: readonly string[]): Promise<number> {
  const { complete } = await import("./completion/index.ts");
  const lines = await complete(words, { commands, globalOptions, start });
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return 0;
}
