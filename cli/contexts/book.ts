import { ConstellationError } from "../../contract/index.ts";
import { type Book, contextName, machine, thisMachine } from "./schema.ts";

export const emptyBook: Book = { contexts: {} };

export interface ContextRow {
  readonly name: string;
  /** `null`: this machine. */
  readonly connect: string | null;
  readonly isCurrent: boolean;
}

/** Throws `invalid` where there is a context of that name already, or name or machine is none. */
export function addContext(book: Book, name: string, connect: string): Book {
  const flaws = [
    ["name", contextName.safeParse(name)],
    ["where", machine.safeParse(connect)],
  ] as const;
  const violations = flaws.flatMap(([path, { error }]) =>
    (error?.issues ?? []).map(({ message }) => ({ path, reason: message })),
  );
  if (violations.length > 0)
    throw new ConstellationError("invalid", `add context ${name}: it cannot be one`, {
      violations,
    });
  const there = book.contexts[name];
  if (there !== undefined && there.connect !== connect)
    throw new ConstellationError(
      "invalid",
      `add context ${name}: it is there, for ${there.connect}; remove it first or choose another name`,
    );
  return { ...book, contexts: { ...book.contexts, [name]: { connect } } };
}

/** From now on asked where nothing else is said. Throws `not-found`. */
export function useContext(book: Book, name: string): Book {
  const { contexts } = book;
  connectOf(book, name, "use");
  return name === thisMachine ? { contexts } : { contexts, current: name };
}

/** Where it was the current one, this machine is asked again. Throws `not-found`. */
export function removeContext(book: Book, name: string): Book {
  if (name === thisMachine)
    throw new ConstellationError("invalid", `remove context ${name}: it is this machine, always there`);
  connectOf(book, name, "remove");
  const { [name]: _, ...contexts } = book.contexts;
  return book.current === name ? { contexts } : { ...book, contexts };
}

/** By name, this machine first. */
export function listContexts(book: Book): ContextRow[] {
  const named = Object.entries(book.contexts).map(([name, { connect }]) => ({
    name,
    connect,
    isCurrent: name === book.current,
  }));
  const here = { name: thisMachine, connect: null, isCurrent: book.current === undefined };
  return [here, ...named.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** The machine behind a name; undefined: this one. Throws `not-found`. */
export function connectOf(book: Book, name: string, action: string): string | undefined {
  if (name === thisMachine) return undefined;
  if (Object.hasOwn(book.contexts, name)) return book.contexts[name]?.connect;
  const known = listContexts(book).map((row) => row.name);
  throw new ConstellationError(
    "not-found",
    `${action} context ${name}: there is none; there are ${known.join(", ")}: constellation context add ${name} USER@HOST`,
  );
}
