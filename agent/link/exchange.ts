import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { PassThrough, type Readable } from "node:stream";
import type * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { failureOf } from "./errors.ts";
import { linkLimits } from "./limits.ts";
import { readWhole } from "./lines.ts";

/** A stream that the other end has taken. */
export interface Exchange {
  /** To write to, and to end. */
  readonly stream: ClientHttp2Stream;
  /** What the other end sends, to be read at any time. */
  readonly body: Readable;
}

/** Posts JSON, and gives the answer within `patienceMs`, checked. Throws what the other end says, or `unreachable`. */
export async function ask<S extends z.ZodType>(
  session: ClientHttp2Session,
  path: string,
  body: object,
  answer: S,
  maxBytes: number = linkLimits.bodyBytes,
  patienceMs: number = linkLimits.answerMs,
): Promise<z.infer<S>> {
  const late = AbortSignal.timeout(patienceMs);
  const exchange = await openStream(session, path, late, JSON.stringify(body));
  try {
    const text = await readWhole(exchange.body, maxBytes);
    return answer.parse(text === "" ? {} : JSON.parse(text));
  } catch (cause) {
    throw asUnreachable(path, cause);
  }
}

/**
 * Opens a stream, and resolves once the other end has taken it; the signal ends it. `body` is all that is sent; without it
 * the stream stays open for writing, `first` being written at once.
 * Throws what the other end says, or `unreachable`.
 */
export async function openStream(
  session: ClientHttp2Session,
  path: string,
  signal: AbortSignal,
  body?: string,
  first?: Uint8Array,
): Promise<Exchange> {
  const late = AbortSignal.timeout(linkLimits.answerMs);
  let stream: ClientHttp2Stream | undefined;
  try {
    const opened = session.request({ ":method": "POST", ":path": path });
    stream = opened;
    opened.on("error", () => undefined); // Whoever reads hears of it; nobody has to.
    signal.addEventListener("abort", () => opened.close(constants.NGHTTP2_CANCEL), { once: true });
    if (body !== undefined) opened.end(body);
    else if (first !== undefined) opened.write(first);
    const received = bodyOf(opened);
    const waiting = AbortSignal.any([signal, late]);
    const headers = await headOf(opened, waiting);
    const status = Number(headers[":status"]);
    if (status < 300) return { stream: opened, body: received };
    throw failureOf(status, await readWhole(received));
  } catch (cause) {
    stream?.close(constants.NGHTTP2_CANCEL);
    throw asUnreachable(path, cause);
  }
}

/**
 * Node takes a stream of HTTP/2 that is closed for one that was cut, if its reader comes later than its last byte; and one
 * that was cut for whole, if its reader does not ask for the code. This one is read from the first byte on.
 */
function bodyOf(stream: ClientHttp2Stream): Readable {
  const body = stream.pipe(new PassThrough(), { end: false });
  body.on("error", () => undefined); // Whoever reads hears of it; nobody has to.
  stream.once("end", () => {
    if (!stream.rstCode) body.end();
  });
  stream.once("close", () => {
    if (!body.writableEnded) body.destroy(new Error("the connection was cut"));
  });
  body.once("close", () => {
    if (!body.readableEnded) stream.close(constants.NGHTTP2_CANCEL);
  });
  return body;
}

async function headOf(stream: ClientHttp2Stream, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  const closed = once(stream, "close", { signal }).then(() => {
    throw new Error("the connection was closed");
  });
  closed.catch(() => undefined); // It closes after an answer, too.
  const [headers] = (await Promise.race([once(stream, "response", { signal }), closed])) as [
    IncomingHttpHeaders,
  ];
  return headers;
}

function asUnreachable(path: string, cause: unknown): ConstellationError {
  if (cause instanceof ConstellationError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConstellationError("unreachable", `ask for ${path}: ${reason}`, { cause });
}
