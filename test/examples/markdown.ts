import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Fenced blocks of a Markdown file, by their language. */
export function blocks(markdown: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms");
  return [...markdown.matchAll(fence)].map(([, text = ""]) => text);
}

/** Does to a clone what a recipe says: makes the files of its `ts` blocks, edits those of its `diff` blocks. */
export function follow(markdown: string, clone: string): void {
  for (const block of blocks(markdown, "ts")) {
    const [, path = "", content = ""] = /^\/\/ (\S+)\n(.*)$/s.exec(block) ?? [];
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), content);
  }
  for (const block of blocks(markdown, "diff")) {
    const [, path = "", hunks = ""] = /^--- (\S+)\n(.*)$/s.exec(block) ?? [];
    const file = join(clone, path);
    writeFileSync(file, hunks.split("@@\n").reduce(edited, readFileSync(file, "utf8")));
  }
}

/** A hunk without line numbers, whose old lines stand in the text exactly once. */
function edited(text: string, hunk: string): string {
  const lines = hunk.split("\n").slice(0, -1);
  const without = (sign: string) =>
    lines.flatMap((line) => (line.startsWith(sign) ? [] : `${line.slice(1)}\n`)).join("");
  const [head = "", tail, ...more] = text.split(without("+"));
  if (tail === undefined || more.length > 0) throw new Error(`not found exactly once:\n${without("+")}`);
  return head + without("-") + tail;
}
