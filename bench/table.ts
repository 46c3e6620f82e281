import type { Table } from "./types.ts";

/** As text in columns: names to the left, figures to the right, the notes below. */
export function formatTable({ title, header, rows, notes }: Table): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [title, "", ...lines.map(format), "", ...notes, ""].join("\n");
}
