import type { Session } from "../session/index.ts";
import { sizeOf } from "../terminal/index.ts";

/** A whole terminal that is drawn over again and again, and is as it was before once closed. */
export interface Screen {
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  draw(lines: readonly string[]): void;
  /** Calls back with every key; Ctrl-C comes as one too. */
  onKey(callback: (key: string) => void): void;
  close(): void;
}

const codes = {
  enter: "\u001b[?1049h\u001b[?25l",
  leave: "\u001b[?25h\u001b[?1049l",
  home: "\u001b[H",
  endOfLine: "\u001b[K",
  endOfScreen: "\u001b[J",
} as const;

/** Takes the terminal's second screen. It is given back however this process ends, but for kill -9. */
export function openScreen({ stdin, stdout }: Pick<Session, "stdin" | "stdout">): Screen {
  const hasKeys = stdin.isTTY === true;
  const close = () => {
    process.off("exit", close);
    if (hasKeys) {
      stdin.setRawMode(false);
      stdin.destroy();
    }
    stdout.write(codes.leave);
  };
  process.once("exit", close);
  stdout.write(codes.enter);
  if (hasKeys) stdin.setRawMode(true);
  return {
    get size() {
      return sizeOf(stdout);
    },
    draw(lines) {
      // Line by line over what is there: an emptied screen would flicker.
      const text = lines.map((line) => `${line}${codes.endOfLine}`).join("\r\n");
      stdout.write(`${codes.home}${text}${codes.endOfScreen}`);
    },
    onKey(callback) {
      if (hasKeys) stdin.on("data", (data: Buffer) => callback(data.toString("utf8")));
    },
    close,
  };
}
