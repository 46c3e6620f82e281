import { connectOf } from "./book.ts";
import { type Book, thisMachine } from "./schema.ts";

/** What was said of where to ask. */
export interface Said {
  /** `-c`: a context, else a machine. */
  readonly connect?: string | undefined;
  /** `--root`. */
  readonly root?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The machine to ask; undefined: this one. In order: `-c`, `$CONSTELLATION_CONNECT`, `$CONSTELLATION_CONTEXT`; a root folder,
 * which is one of this machine; the current context. Throws what reading throws, and `not-found`.
 * @param read called where a context may be meant alone.
 */
export function chooseDestination({ connect, root, env }: Said, read: () => Book): string | undefined {
  const said = connect ?? (env.CONSTELLATION_CONNECT || undefined);
  if (said !== undefined) return named(said, read);
  if (env.CONSTELLATION_CONTEXT) return connectOf(read(), env.CONSTELLATION_CONTEXT, "use");
  if (root !== undefined || env.CONSTELLATION_ROOT) return undefined;
  const book = read();
  return book.current === undefined ? undefined : connectOf(book, book.current, "use");
}

/** A context goes before a machine of that name; with a login in it, it is a machine. */
function named(said: string, read: () => Book): string | undefined {
  if (said === thisMachine) return undefined;
  if (/[@:/]/.test(said)) return said;
  const { contexts } = read();
  return Object.hasOwn(contexts, said) ? contexts[said]?.connect : said;
}
