/**
 * Names for clusters elsewhere, in a file of whoever calls; which of them a run of the command asks.
 * Invariant: the file holds no credential, and a run that is told where to ask does not need it.
 */
export * from "./book.ts";
export { chooseDestination } from "./choose.ts";
export { contextsFile, readBook, writeBook } from "./file.ts";
export type { Book } from "./schema.ts";
