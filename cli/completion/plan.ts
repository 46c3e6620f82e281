import type { CommandSpec, Completes, NameKind, OptionSpec } from "../session/index.ts";

/** What the last word may become; empty text in `doc` where there is nothing to say. */
export interface Candidate {
  readonly value: string;
  readonly doc: string;
}

/** `names`: somebody has to be asked for them. */
export type Plan =
  | { readonly kind: "fixed"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "names"; readonly of: NameKind; readonly given: Given }
  | { readonly kind: "folders" }
  | { readonly kind: "files" }
  | { readonly kind: "nothing" };

/** Options typed so far that say where to look. */
export interface Given {
  readonly connect?: string;
  readonly root?: string;
  readonly namespace?: string;
}

const nothing: Plan = { kind: "nothing" };

/** What to offer for the last of `words` (those after the program's name). Pure; the candidates are not yet filtered. */
export function planCompletion(
  words: readonly string[],
  commands: readonly CommandSpec[],
  globalOptions: readonly OptionSpec[],
): Plan {
  const current = words.at(-1) ?? "";
  let command: CommandSpec | undefined;
  let position = 0;
  let awaited: OptionSpec | undefined;
  const given: { connect?: string; root?: string; namespace?: string } = {};
  const optionsNow = () => [...(command?.options ?? []), ...globalOptions];
  for (const word of words.slice(0, -1)) {
    if (awaited !== undefined) {
      if (awaited.flags.includes("--connect")) given.connect = word;
      if (awaited.flags.includes("--root")) given.root = word;
      if (awaited.flags.includes("--namespace")) given.namespace = word;
      awaited = undefined;
    } else if (word === "--") return nothing;
    else if (word.startsWith("-")) awaited = optionsNow().find((option) => awaitsValue(option, word));
    else if (command === undefined) {
      command = commands.find(({ name }) => name === word);
      if (command === undefined) return nothing;
    } else position += 1;
  }
  if (awaited !== undefined) return planOf(awaited.completes, given);
  if (current.startsWith("-")) return fixed(optionsNow().flatMap(flagCandidates));
  if (command === undefined)
    return fixed(commands.map(({ name, summary }) => ({ value: name, doc: summary })));
  return planOf(command.arguments?.[position]?.completes, given);
}

/** `-f` of `-f, --follow`; of `-it`, the last letter counts. */
function awaitsValue({ flags }: OptionSpec, word: string): boolean {
  if (!flags.includes("<") || word.includes("=")) return false;
  const short = word.startsWith("--") ? word : `-${word.at(-1)}`;
  return flagNames(flags).includes(short);
}

function flagNames(flags: string): string[] {
  return flags.split(/[ ,]+/).filter((part) => part.startsWith("-"));
}

function flagCandidates({ flags, doc }: OptionSpec): Candidate[] {
  return flagNames(flags).map((value) => ({ value, doc }));
}

function planOf(completes: Completes | undefined, given: Given): Plan {
  if (completes === undefined) return nothing;
  if (completes === "folder") return { kind: "folders" };
  if (completes === "file") return { kind: "files" };
  if (typeof completes === "string") return { kind: "names", of: completes, given };
  return fixed(completes.map((value) => ({ value, doc: "" })));
}

function fixed(candidates: readonly Candidate[]): Plan {
  return { kind: "fixed", candidates };
}
