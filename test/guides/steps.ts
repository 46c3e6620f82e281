/** A command of a guide and what it is said to print. */
export interface Step {
  readonly script: string;
  /** undefined where the guide does not say. */
  readonly output: string | undefined;
}

const block = /^```(sh|text)\n(.*?)^```$/gms;

/**
 * The `sh` blocks of a guide, each with the `text` block that follows it. What a test cannot run (on another machine,
 * under systemd) goes into a `console` block.
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const [, language, body = ""] of markdown.matchAll(block)) {
    const last = steps.pop();
    if (language === "sh") {
      if (last !== undefined) steps.push(last);
      steps.push({ script: body, output: undefined });
    } else if (last !== undefined) steps.push({ ...last, output: body });
  }
  return steps;
}

/** What a guide shows, as a pattern: `...` is anything, any run of blanks is one. */
export function pattern(shown: string): RegExp {
  const parts = shown.trim().split("...");
  const escaped = parts.map((part) =>
    part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/[ \t]+/g, "[ \\t]+"),
  );
  return new RegExp(`^${escaped.join("[^]*?")}$`);
}

const mark = "@@ end of a step @@";

/** One shell session of all steps, which stops at the first that fails. */
export function sessionOf(steps: readonly Step[]): string {
  return ["set -e", ...steps.map(({ script }) => `${script}\necho; echo '${mark}'`)].join("\n");
}

/** What each step of the session printed. */
export function outputsOf(text: string): string[] {
  return text.split(`\n${mark}\n`).slice(0, -1);
}
