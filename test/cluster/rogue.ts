/**
 * Asks a server as anybody's program may: `rogue.ts ADDRESS`, with attempts as JSON on stdin. Prints for each attempt, by path,
 * what the server says: the status and the first line.
 */
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { ports } from "../../contract/index.ts";

export interface Attempt {
  /** PEM; without them it shows no certificate. */
  readonly key?: string;
  readonly certificate?: string;
  /** Bodies by path. */
  readonly requests: Readonly<Record<string, unknown>>;
}

const limitMs = 5_000;
const [address = ""] = process.argv.slice(2);
const attempts = (await json(process.stdin)) as Attempt[];
process.stdout.write(JSON.stringify(await Promise.all(attempts.map(attempt))));

async function attempt({ key, certificate: cert, requests }: Attempt): Promise<Record<string, string>> {
  const shown = { ...(key && { key }), ...(cert && { cert }), rejectUnauthorized: false };
  const session = connect(`https://${address}:${ports.servers}`, shown);
  const answers = Object.entries(requests).map(async ([path, body]) => [
    path,
    await ask(session, path, body),
  ]);
  const told = Object.fromEntries(await Promise.all(answers));
  session.destroy();
  return told;
}

async function ask(session: ClientHttp2Session, path: string, body: unknown): Promise<string> {
  const signal = AbortSignal.timeout(limitMs);
  const stream = session.request({ ":method": "POST", ":path": path }, { signal });
  stream.end(`${JSON.stringify(body)}\n`);
  const [headers] = await once(stream, "response", { signal });
  const [line = ""] = await once(createInterface({ input: stream }), "line", { signal });
  return `${headers[":status"]} ${line}`;
}
