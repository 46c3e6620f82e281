import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { emptyBook } from "./book.ts";
import { type Book, book as schema } from "./schema.ts";

/** In the XDG base directory for configuration, which counts where it is absolute alone. */
export function contextsFile(env: NodeJS.ProcessEnv): string {
  const given = env.XDG_CONFIG_HOME ?? "";
  const folder = isAbsolute(given) ? given : join(env.HOME || homedir(), ".config");
  return join(folder, "constellation", "contexts.json");
}

/** Where there is no file there are no contexts. Throws `invalid` with what is wrong in it. */
export function readBook(path: string): Book {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyBook;
    throw failed("read", path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConstellationError("invalid", `read ${path}: it is no JSON; mend or remove it`, { cause });
  }
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const violations = error.issues.map(({ path: keys, message }) => ({
    path: keys.join("."),
    reason: message,
  }));
  throw new ConstellationError("invalid", `read ${path}: it is no list of contexts; mend or remove it`, {
    violations,
  });
}

/** For its owner alone, and as a whole or not at all: who reads meanwhile gets the old one. */
export function writeBook(path: string, book: Book): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(draft, "wx", 0o600);
    try {
      writeSync(file, `${JSON.stringify(book, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw failed("write", path, error);
  }
}

function failed(action: string, path: string, cause: unknown): ConstellationError {
  return new ConstellationError("invalid", `${action} ${path}: ${(cause as Error).message}`, { cause });
}
