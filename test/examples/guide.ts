import { readFileSync } from "node:fs";
import { blocks } from "./markdown.ts";

/** A guide's runnable parts: its first block is a whole Pulumi.yaml, the others are entries of its `resources`. */
export interface Guide {
  readonly program: string;
  /** In the guide's order; those without a block are left out. */
  readonly sections: readonly { readonly title: string; readonly resources: string }[];
}

/** Reads the fenced `yaml` blocks of a Markdown file, by their level-2 headings. */
export function readGuide(path: string): Guide {
  const [opening = "", ...rest] = readFileSync(path, "utf8").split(/^## /m);
  const [program] = blocks(opening, "yaml");
  if (program === undefined) throw new Error(`read guide ${path}: its opening has no yaml block`);
  const sections = rest.map((text) => ({
    title: text.slice(0, text.indexOf("\n")),
    resources: blocks(text, "yaml").join(""),
  }));
  return { program, sections: sections.filter(({ resources }) => resources !== "") };
}

/** The program with entries added to its last key, `resources`. */
export function withResources(program: string, entries: readonly string[]): string {
  return program + entries.join("").replace(/^(?=.)/gm, "  ");
}
