import { Command, InvalidArgumentError } from "commander";
import { benchmarks } from "./index.ts";
import { formatTable } from "./table.ts";
import type { Benchmark, Report } from "./types.ts";

type Flags = { readonly json?: boolean } & Readonly<Record<string, number>>;

const knobLimit = 100_000;

const program = new Command("bench").description("Measures constellation beside its peers, in the same run.");
for (const benchmark of benchmarks) {
  const command = program
    .command(benchmark.name)
    .description(benchmark.summary)
    .option("--json", "print one JSON object a line instead of a table")
    .action(async (flags: Flags) => await run(benchmark, flags));
  for (const [name, { about, usual, divisible }] of Object.entries(benchmark.knobs)) {
    command.option(`--${name} <number>`, about, divisible ? parseNumber : parseWhole, usual);
  }
}
program.addHelpText(
  "after",
  "\nExamples:\n  npm run bench -- start\n  npm run -s bench -- start --json --runs 20",
);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(benchmark: Benchmark, { json, ...knobs }: Flags): Promise<void> {
  const progress = createProgress();
  const report = await benchmark.run({ knobs, onProgress: progress.show }).finally(progress.end);
  process.stdout.write(json ? formatLines(report) : formatTable(report.table));
}

function formatLines({ comparisons }: Report): string {
  return comparisons.map((comparison) => `${JSON.stringify(comparison)}\n`).join("");
}

/** On stderr, so that stdout holds the result alone; in a terminal one line that changes. */
function createProgress() {
  const { stderr } = process;
  const [before, after] = stderr.isTTY ? ["\r\x1b[K", ""] : ["", "\n"];
  return {
    show: (phrase: string) => void stderr.write(`${before}${phrase}${after}`),
    end: () => void stderr.write(before),
  };
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= knobLimit) return number;
  throw new InvalidArgumentError(`needs a number up to ${knobLimit}.`);
}

function parseWhole(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= knobLimit) return number;
  throw new InvalidArgumentError(`needs a whole number from 1 to ${knobLimit}.`);
}
