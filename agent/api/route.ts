import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { ConstellationError, limits, type Route } from "../../contract/index.ts";
import { runExec } from "./exec.ts";
import type { Call } from "./handlers.ts";
import { parsePart } from "./parse.ts";
import type { TakePlace } from "./places.ts";
import type { createIdentify } from "./principal.ts";
import { sendEvents, sendLines } from "./streams.ts";
import type { ExecSession } from "./types.ts";

/** Any route's handler: the table ties each to its own types, here they are all alike. */
export type AnyHandler = (call: Call<never>) => unknown;

export interface Mounting {
  readonly identify: ReturnType<typeof createIdentify>;
  readonly stopping: AbortSignal;
  /** Before each answer; headers of it. */
  readonly prepare: () => Promise<Record<string, string>>;
  /** For what may last. */
  readonly places: Readonly<Partial<Record<Route["framing"], TakePlace>>>;
}

/** Serves one route of the contract: parses a request, hands it on, puts the answer on the wire. */
export function mountRoute(
  app: FastifyInstance,
  route: Route,
  handler: AnyHandler,
  { identify, stopping, prepare, places }: Mounting,
): void {
  const callOf = (request: FastifyRequest, signal: AbortSignal) =>
    ({
      params: parsePart(route.params, "path", request.params),
      query: parsePart(route.query, "query", request.query),
      body: parsePart(route.body, "body", request.body),
      headers: request.headers,
      raw: route.rawBody ? bytesOf(request) : Readable.from([]),
      principal: identify(request.socket),
      signal,
    }) as unknown as Call<never>;
  const takePlace = places[route.framing];
  const respond = async (request: FastifyRequest, reply: FastifyReply) => {
    const release = takePlace?.();
    try {
      const signal = AbortSignal.any([stopping, goneSignal(reply)]);
      const call = callOf(request, signal); // what is malformed is refused at once
      reply.headers(await prepare());
      const answer = await handler(call);
      await framings[route.framing](answer, reply);
    } finally {
      release?.();
    }
  };
  const attend = async (socket: WebSocket, request: FastifyRequest) => {
    let release: (() => void) | undefined;
    await runExec(socket, async () => {
      release = takePlace?.();
      return (await handler(callOf(request, stopping))) as ExecSession;
    });
    release?.();
  };
  if (route.framing === "websocket") {
    app.route({
      method: "GET",
      url: route.path,
      handler: () => {
        throw new ConstellationError("invalid", "exec: connect with a WebSocket");
      },
      wsHandler: (socket: WebSocket, request) => void attend(socket, request),
    });
    return;
  }
  app.route({
    method: route.method,
    url: route.path,
    handler: respond,
    ...(route.rawBody && { bodyLimit: limits.blobBytes }),
  });
}

/** Bytes stay a stream; what came under a type of its own was read already. */
function bytesOf({ body }: FastifyRequest): Readable {
  if (body === undefined) return Readable.from([]);
  if (body instanceof Readable) return body;
  throw new ConstellationError("invalid", "read the request's body: send bytes as application/octet-stream");
}

/** How each framing puts an answer on the wire. */
const framings: Record<Route["framing"], (answer: unknown, reply: FastifyReply) => unknown> = {
  json: (answer, reply) => reply.headers(etagHeader(answer)).send(answer),
  empty: (_answer, reply) => reply.code(204).send(),
  events: (answer, reply) => sendEvents(reply.hijack().raw, answer as Parameters<typeof sendEvents>[1]),
  ndjson: (answer, reply) => sendLines(reply.hijack().raw, answer as Parameters<typeof sendLines>[1]),
  websocket: () => undefined,
};

function etagHeader(answer: unknown): Record<string, string> {
  const etag = typeof answer === "object" && answer !== null && "etag" in answer ? answer.etag : undefined;
  return typeof etag === "string" ? { etag: `"${etag}"` } : {};
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
