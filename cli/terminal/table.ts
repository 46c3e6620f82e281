import { printable } from "./printable.ts";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colours the padded text. */
  readonly paint?: (text: string, row: Row) => string;
  /** Left out where it is the same nothing for all rows. */
  readonly optional?: boolean;
}

export interface TableOptions {
  /** Lines are cut to it; undefined never cuts, which is right for a pipe. */
  readonly width?: number | undefined;
  readonly paintTitle?: (text: string) => string;
  /** Put before every line. */
  readonly indent?: string;
}

const gap = "  ";

/** Lines of aligned columns, the titles first. A pure function of its arguments; cells are made printable. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string[] {
  const { indent = "", paintTitle = (text) => text } = options;
  const shown = columns.filter((column) => !column.optional || rows.some((row) => column.text(row) !== ""));
  const cells = rows.map((row) => shown.map((column) => printable(column.text(row)) || "-"));
  const widths = shown.map((column, at) =>
    Math.max(column.title.length, ...cells.map((line) => line[at]?.length ?? 0)),
  );
  const room = (options.width ?? Number.POSITIVE_INFINITY) - indent.length;
  const line = (texts: readonly string[], paint: (text: string, at: number) => string) =>
    indent + cutToRoom(texts, widths, room).map(paint).join(gap);
  return [
    line(
      shown.map(({ title }) => title),
      paintTitle,
    ),
    ...cells.map((texts, index) =>
      line(texts, (text, at) => shown[at]?.paint?.(text, rows[index] as Row) ?? text),
    ),
  ];
}

/** Pads all but the last, and cuts at the right edge before colours make lengths lie. */
function cutToRoom(texts: readonly string[], widths: readonly number[], room: number): string[] {
  let left = room;
  const fitted: string[] = [];
  for (const [at, text] of texts.entries()) {
    if (left <= 0) break;
    const padded = at === texts.length - 1 ? text : text.padEnd(widths[at] ?? 0);
    fitted.push(padded.length > left ? `${padded.slice(0, Math.max(0, left - 1))}…` : padded);
    left -= padded.length + gap.length;
  }
  return fitted;
}
