import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine, RunOptions } from "../lab/index.ts";
import { outputsOf, pattern, type Step, sessionOf, stepsOf } from "./steps.ts";

const clone = join(import.meta.dirname, "..", "..");

/** A part of a guide under one level-2 heading; what stands before the first has the title "". */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Reads `docs/guides/NAME.md`; sections without a command are left out. */
export function readSections(name: string): Section[] {
  const [opening = "", ...rest] = readFileSync(join(clone, "docs", "guides", `${name}.md`), "utf8").split(
    /^## /m,
  );
  const sections = rest.map((text) => ({
    title: text.slice(0, text.indexOf("\n")),
    steps: stepsOf(text),
  }));
  return [{ title: "", steps: stepsOf(opening) }, ...sections].filter(({ steps }) => steps.length > 0);
}

/**
 * Runs steps in one bash session inside a machine and holds each to what the guide says it prints. Throws with the
 * step's own words where one fails or prints something else; an `sh` block without a `text` block must only succeed.
 */
export async function follow(
  machine: Pick<Machine, "run">,
  steps: readonly Step[],
  options: RunOptions,
): Promise<void> {
  const done = await machine.run(["bash", "-c", sessionOf(steps)], options);
  const outputs = outputsOf(done.stdout);
  for (const [at, { script, output }] of steps.entries()) {
    const printed = outputs[at];
    if (printed === undefined)
      throw new Error(`${script}\nfailed: ${done.stderr}\n${done.stdout.slice(-2_000)}`);
    if (output !== undefined && !pattern(output).test(printed.trim()))
      throw new Error(`${script}\nprinted:\n${printed.trim()}\nthe guide says:\n${output}\n${done.stderr}`);
  }
  if (done.code !== 0) throw new Error(`the session ended with code ${done.code}: ${done.stderr}`);
}
