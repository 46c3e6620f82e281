/**
 * How results look: tables, ages, sizes, colours, trees. All pure but `output`.
 * Invariant: text that came from elsewhere reaches a terminal printable, but for a log's own lines.
 */
export * from "./amounts.ts";
export * from "./output.ts";
export * from "./palette.ts";
export * from "./printable.ts";
export * from "./size.ts";
export * from "./table.ts";
export * from "./tree.ts";
