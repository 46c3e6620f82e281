import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ConstellationError } from "../errors.ts";
import { type Address, agentFor, isClosedWay, nameOf, routeTo } from "./address.ts";
import { answeredError, failureOf, unanswered } from "./failures.ts";

/** One answer as JSON may be this long, in bytes. */
const longestAnswer = 256 * 1024 * 1024;
const firstPauseMs = 25;
const longestPauseMs = 500;

export interface Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is; can be read only once. */
  readonly bytes?: { readonly chunks: AsyncIterable<Uint8Array>; readonly size: number };
  readonly repeat: Repeat;
}

/**
 * When a request without an answer may be sent again. `safely`: it changes nothing, so also when the connection
 * broke in the middle. `unsent`: only when it did not reach the agent.
 */
export type Repeat = "safely" | "unsent" | "never";

export interface TransportOptions {
  readonly address: Address;
  /** How long one answer may take. */
  readonly timeoutMs: number;
  /** How long to keep trying to reach an agent that is restarting. */
  readonly connectTimeoutMs: number;
  /** Called before an answer of a server that could not ask the others. */
  readonly onStale?: () => void;
}

/** HTTP over connections to an agent's socket, each kept for the next request. */
export interface Transport {
  /** The answer's JSON; undefined for an empty one. */
  json(request: Request): Promise<unknown>;
  /** The answer's bytes as they come, once its head is there; no limit on how long it lasts. */
  stream(request: Request, signal: AbortSignal): Promise<IncomingMessage>;
  /** Runs a step that needs a connection, again while nobody listens. */
  persist<T>(what: string, repeat: Repeat, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function transport(options: TransportOptions): Transport {
  const agent = agentFor(options.address);
  const persist: Transport["persist"] = (what, repeat, attempt, signal) =>
    persistently(options, what, repeat, attempt, signal);
  return {
    persist,
    json(request) {
      const what = actionOf(request);
      return persist(what, request.repeat, async () => {
        const signal = request.bytes ? undefined : AbortSignal.timeout(options.timeoutMs);
        const response = await open(agent, options, request, signal);
        const body = await readAll(response, signal);
        const status = response.statusCode ?? 0;
        if (String(response.headers.warning).startsWith("110 ")) options.onStale?.();
        if (status >= 400) throw answeredError(what, status, body);
        return body === "" ? undefined : parseAnswer(what, body);
      });
    },
    stream(request, signal) {
      const what = actionOf(request);
      return persist(
        what,
        request.repeat,
        async () => {
          const patience = new AbortController();
          const timer = setTimeout(() => patience.abort(timeoutReason), options.timeoutMs);
          try {
            const response = await open(agent, options, request, AbortSignal.any([signal, patience.signal]));
            const status = response.statusCode ?? 0;
            if (status >= 400) throw answeredError(what, status, await readAll(response));
            return response;
          } finally {
            clearTimeout(timer);
          }
        },
        signal,
      );
    },
  };
}

function parseAnswer(what: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ConstellationError("bug", `${what}: the agent's answer is no JSON`, { cause });
  }
}

const timeoutReason = new DOMException("no answer in time", "TimeoutError");

function actionOf(request: Request): string {
  return `${request.method.toLowerCase()} ${request.path.replace(/\?.*/, "")}`;
}

/** Resolves with the answer's head. Rejects with node's error, or the signal's reason. */
function open(
  agent: Agent,
  { address, timeoutMs }: TransportOptions,
  { method, path, headers, body, bytes }: Request,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const size = bytes?.size ?? payload?.byteLength;
    const outgoing = httpRequest({
      agent,
      ...routeTo(address),
      method,
      path,
      headers: {
        host: "localhost",
        ...(payload ? { "content-type": "application/json" } : {}),
        ...(bytes ? { "content-type": "application/octet-stream" } : {}),
        ...(size === undefined ? {} : { "content-length": size }),
        ...headers,
      },
      ...(signal ? { signal } : {}),
    });
    const fail = (error: unknown) =>
      reject(signal?.aborted ? signal.reason : markReused(error, outgoing.reusedSocket));
    outgoing.on("response", resolve).on("error", fail);
    if (bytes === undefined) {
      outgoing.end(payload);
      return;
    }
    // An upload may last; only a silent connection is given up.
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(timeoutReason));
    pipeline(readSource(bytes.chunks), outgoing).catch(fail);
  });
}

async function* readSource(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw new ConstellationError("image-invalid", `read what to upload: ${(cause as Error).message}`, {
      cause,
    });
  }
}

const reused = new WeakSet<object>();

/** A kept connection that the agent had closed meanwhile: the request did not reach it. */
function markReused(error: unknown, isReused: boolean): unknown {
  if (isReused && typeof error === "object" && error !== null) reused.add(error);
  return error;
}

async function readAll(response: IncomingMessage, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > longestAnswer)
        throw new ConstellationError("too-large", `read answer: more than ${longestAnswer} bytes`);
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function persistently<T>(
  { address, timeoutMs, connectTimeoutMs }: TransportOptions,
  what: string,
  repeat: Repeat,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + connectTimeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (isTimeout(error)) {
        throw new ConstellationError(
          "timeout",
          `${what}: ${nameOf(address)}: no answer within ${timeoutMs} ms; look at the agent's log`,
        );
      }
      if (!mayRepeat(error, address, repeat) || performance.now() + pauseMs > deadline) {
        throw error instanceof ConstellationError ? error : unanswered(what, address, error);
      }
      await sleep(pauseMs, undefined, signal ? { signal } : {});
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function mayRepeat(error: unknown, address: Address, repeat: Repeat): boolean {
  if (repeat === "never" || isClosedWay(error)) return false;
  if (error instanceof ConstellationError) {
    return error.code === "busy" || (repeat === "safely" && error.code === "unreachable");
  }
  const failure = failureOf(error, address);
  return failure === "unsent" || (failure === "cut" && (repeat === "safely" || reused.has(error as object)));
}
