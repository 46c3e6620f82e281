import { chmodSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { ConstellationError, limits, type Route, routes } from "../../contract/index.ts";
import { errorAnswer } from "./errors.ts";
import { createExecSessions, type ExecSessions } from "./exec.ts";
import type { Call, Handlers } from "./handlers.ts";
import { parsePart } from "./parse.ts";
import { createIdentify } from "./principal.ts";
import { sendEvents, sendLines } from "./streams.ts";
import type { ExecSession, Peer } from "./types.ts";

/** A JSON body: the largest document with every character escaped, or a thousand digests. */
const bodyBytes = 4 * limits.documentBytes;

export interface ServerOptions {
  /** The unix socket; mode 0660, whose group is root in effect. */
  readonly socket: string;
  readonly handlers: Handlers;
  readonly readPeer: (socket: Socket) => Peer;
  readonly log: Logger;
}

export interface Server {
  /** Ends streams, then connections. */
  close(): Promise<void>;
}

/** Any route's handler: the table ties each to its own types, here they are all alike. */
type AnyHandler = (call: Call<never>) => unknown;

/** Serves the contract's routes on a unix socket. */
export async function serve({ socket, handlers, readPeer, log }: ServerOptions): Promise<Server> {
  const app = fastify({ bodyLimit: bodyBytes, forceCloseConnections: true });
  const refuse = createRefuse(log);
  const stopping = new AbortController();
  const identify = createIdentify(readPeer);
  const execs = createExecSessions();
  await app.register(websocket, { options: { maxPayload: 1024 * 1024, perMessageDeflate: false } });
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => refuse(noSuchRoute(request), request, reply));
  for (const [name, route] of Object.entries(routes)) {
    const handler = handlers[name as keyof Handlers] as AnyHandler;
    mount(app, route, handler, { identify, stopping: stopping.signal, execs });
  }
  // A socket file that an earlier agent left behind: nobody listens there, the guard runs one agent at a time.
  rmSync(socket, { force: true });
  await app.listen({ path: socket });
  chmodSync(socket, 0o660);
  return {
    async close() {
      stopping.abort();
      await app.close();
    },
  };
}

interface Mounting {
  readonly identify: ReturnType<typeof createIdentify>;
  readonly stopping: AbortSignal;
  readonly execs: ExecSessions;
}

function mount(
  app: FastifyInstance,
  route: Route,
  handler: AnyHandler,
  { identify, stopping, execs }: Mounting,
): void {
  const callOf = (request: FastifyRequest, signal: AbortSignal) =>
    ({
      params: parsePart(route.params, "path", request.params),
      query: parsePart(route.query, "query", request.query),
      body: parsePart(route.body, "body", request.body),
      headers: request.headers,
      raw: request.body ?? Readable.from([]),
      principal: identify(request.socket),
      signal,
    }) as unknown as Call<never>;
  const respond = async (request: FastifyRequest, reply: FastifyReply) => {
    const signal = AbortSignal.any([stopping, goneSignal(reply)]);
    const answer = await handler(callOf(request, signal));
    await framings[route.framing](answer, reply);
  };
  if (route.framing === "websocket") {
    app.route({
      method: "GET",
      url: route.path,
      handler: () => {
        throw new ConstellationError("invalid", "exec: connect with a WebSocket");
      },
      wsHandler: (socket: WebSocket, request) =>
        void execs.run(socket, async () => (await handler(callOf(request, stopping))) as ExecSession),
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

function noSuchRoute({ method, url }: FastifyRequest): ConstellationError {
  return new ConstellationError("not-found", `${method} ${url}: no such route; see /v1/openapi.json`);
}

function createRefuse(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = errorAnswer(error);
    if (status >= 500)
      log.error({ err: error, method: request.method, path: request.url }, "a request failed");
    return reply.code(status).send(body);
  };
}
