/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Undefined where it is no terminal, and where that does not know its size: a serial line and a bare pty say 0. */
export function sizeOf({
  isTTY,
  columns,
  rows,
}: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows">): TerminalSize | undefined {
  return isTTY && columns > 0 && rows > 0 ? { columns, rows } : undefined;
}
