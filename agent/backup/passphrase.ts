import { closeSync, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ConstellationError } from "../../contract/index.ts";

export const passphraseVariable = "CONSTELLATION_BACKUP_PASSPHRASE";
const shortest = 8;
/** Of a file, in bytes; the line is looked for in them. */
const longestLine = 4_096;

export interface PassphraseFrom {
  /** A file's first line. */
  readonly file: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  /** A new one is asked for twice. */
  readonly isNew: boolean;
}

/** From the file, else the environment, else whoever sits there; never from the command line, which others can see. */
export async function readPassphrase(from: PassphraseFrom): Promise<string> {
  const given = from.file === undefined ? from.env[passphraseVariable] : firstLine(from.file);
  const text = given ?? (await ask(from));
  if (text.length >= shortest) return text;
  throw refused(`it has ${text.length} characters; choose at least ${shortest}`);
}

function firstLine(file: string): string {
  try {
    return beginningOf(file).split("\n")[0] ?? "";
  } catch (cause) {
    throw refused((cause as Error).message, cause);
  }
}

/** Not more, whatever it is: a pipe stays open, a device never ends. */
function beginningOf(file: string): string {
  const opened = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(longestLine);
    for (let size = 0; ; ) {
      const count = readSync(opened, bytes, size, bytes.length - size, null);
      size += count;
      if (count === 0 || size === bytes.length || bytes.subarray(0, size).includes("\n"))
        return bytes.toString("utf8", 0, size);
    }
  } finally {
    closeSync(opened);
  }
}

async function ask({ stdin, stderr, isNew }: PassphraseFrom): Promise<string> {
  if (!stdin.isTTY)
    throw refused(`none is given; name a file with --passphrase-file, or set ${passphraseVariable}`);
  const text = await question("passphrase: ", stdin, stderr);
  if (isNew && (await question("the same again: ", stdin, stderr)) !== text)
    throw refused("the two differ; try again");
  return text;
}

/** What is typed does not appear. */
function question(prompt: string, stdin: NodeJS.ReadStream, stderr: NodeJS.WriteStream): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  stderr.write(prompt); // The terminal shows no keys by now: somebody may be quick, or paste.
  return new Promise((resolve, reject) => {
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => reject(new ConstellationError("cancelled", "read passphrase: cancelled")));
    lines.once("line", (line) => {
      resolve(line);
      stderr.write("\n");
      lines.close();
    });
  });
}

function refused(reason: string, cause?: unknown): ConstellationError {
  return new ConstellationError("invalid", `read passphrase: ${reason}`, { cause });
}
