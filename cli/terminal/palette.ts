import { styleText } from "node:util";

type Paint = (text: string) => string;

/** Colours by meaning, so that a listing and a description agree. */
export interface Palette {
  readonly title: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly changing: Paint;
  readonly faint: Paint;
  /** The n-th of several sources of lines; the same n is always the same colour. */
  readonly source: (n: number) => Paint;
}

const sources = ["cyan", "magenta", "blue", "yellow", "green", "red"] as const;

export function paletteOf(colours: boolean): Palette {
  const paint =
    (style: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      colours && text !== "" ? styleText(style, text, { validateStream: false }) : text;
  return {
    title: paint("bold"),
    good: paint("green"),
    bad: paint("red"),
    changing: paint("yellow"),
    faint: paint("dim"),
    source: (n) => paint(sources[n % sources.length] ?? "cyan"),
  };
}

/** Whether to colour: `--no-color` first, then NO_COLOR and FORCE_COLOR (no-color.org), then where it goes. */
export function wantsColours(from: {
  readonly allowed: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly isTerminal: boolean;
}): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = from.env;
  if (!from.allowed || NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== "0") return true;
  return from.isTerminal && TERM !== "dumb";
}
