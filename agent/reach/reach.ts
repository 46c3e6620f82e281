import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import {
  ConstellationError,
  decodeFrame,
  decodeResult,
  type ErrorCode,
  encodeControl,
  encodeFrame,
} from "../../contract/index.ts";
import { ask, type Exchange, openStream, readLines } from "../link/index.ts";
import { framed, isControl, readFrames } from "./frames.ts";
import {
  type Command,
  type ExecRequest,
  type LogQuery,
  logLine,
  paths,
  type Reachable,
  reachLimits,
  stats,
} from "./types.ts";

/** The servers' end. */
export interface Reach {
  /** A host has connected; the newest connection is used. */
  connected(host: string, session: ClientHttp2Session): void;
  /** A host as far as it is connected; each call throws `unreachable` where it is not. */
  host(name: string): Reachable;
}

export function createReach(): Reach {
  const sessions = new Map<string, ClientHttp2Session>();
  const sessionOf = (name: string) => {
    const session = sessions.get(name);
    if (session && !session.closed && !session.destroyed) return session;
    throw new ConstellationError(
      "unreachable",
      `ask host ${name}: it is not connected; \`constellation hosts\` says how it is`,
    );
  };
  return {
    connected(name, session) {
      sessions.set(name, session);
      session.once("close", () => {
        if (sessions.get(name) === session) sessions.delete(name);
      });
    },
    host: (name) => ({
      logs: (id, query, signal) => readLogs(sessionOf(name), id, query, signal),
      exec: async (id, request) => await runRemote(sessionOf(name), id, request),
      stats: async () => await ask(sessionOf(name), paths.stats, {}, stats, reachLimits.statsBytes),
    }),
  };
}

async function* readLogs(session: ClientHttp2Session, id: string, query: LogQuery, signal: AbortSignal) {
  const { stream, body } = await openStream(session, paths.logs, signal, JSON.stringify({ id, query }));
  try {
    for await (const line of readLines(body, reachLimits.lineBytes)) yield logLine.parse(line);
  } finally {
    stream.close();
  }
}

async function runRemote(session: ClientHttp2Session, id: string, request: ExecRequest): Promise<Command> {
  const ending = new AbortController();
  const exchange = await openStream(
    session,
    paths.exec,
    ending.signal,
    undefined,
    framed(JSON.stringify({ id, request })),
  );
  const { stream } = exchange;
  const exit = Promise.withResolvers<number>();
  exit.promise.catch(() => undefined); // Told by `output` as well.
  const write = async (message: Uint8Array | string) => {
    if (stream.writable && !stream.write(framed(message)))
      await once(stream, "drain", { signal: ending.signal }).catch(() => undefined);
  };
  return {
    output: outputOf(exchange, exit),
    write: (data) => write(encodeFrame("stdin", data)),
    endInput: () => void write(encodeControl({ stdin: "eof" })),
    resize: (columns, rows) => void write(encodeControl({ resize: { columns, rows } })),
    exit: exit.promise,
    close: () => ending.abort(),
  };
}

async function* outputOf(
  { stream, body }: Exchange,
  exit: PromiseWithResolvers<number>,
): AsyncGenerator<{ stream: "stdout" | "stderr"; data: Uint8Array }> {
  const cut = new ConstellationError("unreachable", "run command: the connection to its host was cut");
  try {
    for await (const message of readFrames(body)) {
      if (!isControl(message)) {
        const frame = decodeFrame(message);
        if (frame && frame.channel !== "stdin") yield { stream: frame.channel, data: frame.bytes };
        continue;
      }
      const result = decodeResult(message.toString("utf8"));
      if (result && "exit" in result) return exit.resolve(result.exit.code);
      if (result) throw new ConstellationError(result.error.code as ErrorCode, result.error.message);
    }
    throw cut;
  } catch (error) {
    exit.reject(error);
    throw error instanceof ConstellationError ? error : cut;
  } finally {
    exit.reject(cut);
    stream.close();
  }
}
