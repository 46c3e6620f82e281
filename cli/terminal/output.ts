import { once } from "node:events";
import { type Palette, paletteOf } from "./palette.ts";
import { sizeOf } from "./size.ts";

/** Where a command's results go: standard output, for a person or for a program. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where it is none or does not know. */
  readonly width: number | undefined;
  readonly palette: Palette;
  /** Resolves when it may be given more. */
  write(bytes: string | Uint8Array): Promise<void>;
  lines(lines: readonly string[]): Promise<void>;
  /** One value as JSON: indented for a person, one line for a stream of them. */
  json(value: unknown): Promise<void>;
  jsonLine(value: unknown): Promise<void>;
  /** The same, to standard error. */
  writeError(bytes: string | Uint8Array): Promise<void>;
  /** A remark that is no result: standard error, so that a pipe gets results alone. */
  note(text: string): void;
}

export function outputTo(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, colours: boolean): Output {
  const writeTo = (stream: NodeJS.WriteStream) => async (bytes: string | Uint8Array) => {
    if (!stream.write(bytes)) await once(stream, "drain");
  };
  const write = writeTo(stdout);
  return {
    isTerminal: stdout.isTTY === true,
    get width() {
      return sizeOf(stdout)?.columns;
    },
    palette: paletteOf(colours),
    write,
    writeError: writeTo(stderr),
    lines: (lines) => write(lines.map((line) => `${line}\n`).join("")),
    json: (value) => write(`${JSON.stringify(value, null, 2)}\n`),
    jsonLine: (value) => write(`${JSON.stringify(value)}\n`),
    note: (text) => void stderr.write(`${text}\n`),
  };
}
