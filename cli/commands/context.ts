import {
  addContext,
  type Book,
  contextsFile,
  listContexts,
  readBook,
  removeContext,
  useContext,
  writeBook,
} from "../contexts/index.ts";
import { type Action, UsageError } from "../session/index.ts";
import { table } from "../terminal/index.ts";

interface Verb {
  /** The words that follow it. */
  readonly words: readonly string[];
  /** Absent: it only shows. */
  readonly change?: (book: Book, name: string, where: string) => Book;
  readonly outcome?: string;
}

const verbs: Readonly<Record<string, Verb>> = {
  add: { words: ["NAME", "USER@HOST"], change: addContext, outcome: "is a context" },
  use: { words: ["NAME"], change: useContext, outcome: "is asked where nothing else is said" },
  remove: { words: ["NAME"], change: removeContext, outcome: "is no context any more" },
  list: { words: [] },
};

/** They go before the current context. */
const overrides = ["CONSTELLATION_CONNECT", "CONSTELLATION_CONTEXT", "CONSTELLATION_ROOT"] as const;

/** `--json`: the contexts as they then are, `{ "items": [{ "name", "connect": "..." or null, "isCurrent" }] }`. */
export const context: Action = async ({ session, args: [verb = "list", ...words] }) => {
  const { output, env } = session;
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) throw new UsageError(`context ${verb}: choose add, use, list or remove`);
  const { words: wanted, change, outcome } = known;
  if (words.length !== wanted.length)
    throw new UsageError(`write constellation ${["context", verb, ...wanted].join(" ")}`);
  const [name = "", where = ""] = words;
  const path = contextsFile(env);
  const before = readBook(path);
  const book = change === undefined ? before : change(before, name, where);
  if (change !== undefined) writeBook(path, book);
  const override = overrides.find((variable) => env[variable]);
  const showsCurrent = verb === "use" || verb === "list";
  if (showsCurrent && override !== undefined && !session.isJson)
    output.note(`$${override} is set and goes before the current context`);
  const items = listContexts(book);
  if (session.isJson) await output.json({ items });
  else if (change === undefined) await output.lines(contextTable(items, output.width));
  else await output.lines([`${name} ${outcome}`]);
  return 0;
};

function contextTable(items: ReturnType<typeof listContexts>, width: number | undefined): string[] {
  return table(
    [
      { title: "NAME", text: ({ name }) => name },
      { title: "CONNECT", text: ({ connect }) => connect ?? "this machine" },
      { title: "CURRENT", text: ({ isCurrent }) => (isCurrent ? "current" : "") },
    ],
    items,
    { width },
  );
}
