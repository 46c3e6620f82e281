import { chmodSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import websocket from "@fastify/websocket";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ConstellationError, limits, type RouteName, routes } from "../../contract/index.ts";
import { httpBounds, keepBounds } from "./bounds.ts";
import { becomeCurrent, type Confirm } from "./currency.ts";
import { errorAnswer } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { refuseMethod } from "./methods.ts";
import { createPlaces } from "./places.ts";
import { createIdentify } from "./principal.ts";
import { type AnyHandler, mountRoute } from "./route.ts";
import type { Peer } from "./types.ts";

export interface ServerOptions {
  /** The unix socket; mode 0660, whose group is root in effect. */
  readonly socket: string;
  readonly handlers: Handlers;
  readonly readPeer: (socket: Socket) => Peer;
  /** Asks the other servers, where there are such; by default there are none. */
  readonly confirm?: Confirm;
  readonly log: Logger;
}

export interface Server {
  /** Ends streams, then connections. */
  close(): Promise<void>;
}

/** Serves the contract's routes on a unix socket. */
export async function serve(options: ServerOptions): Promise<Server> {
  const { socket, handlers, readPeer, confirm = async () => {}, log } = options;
  const refuse = createRefuse(log);
  const app = fastify({
    ...httpBounds,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: refuse,
  });
  keepBounds(app);
  const stopping = new AbortController();
  const identify = createIdentify(readPeer);
  const places = {
    events: createPlaces(limits.eventStreams, "follow events"),
    ndjson: createPlaces(limits.logStreams, "read logs"),
    websocket: createPlaces(limits.execSessions, "exec"),
  };
  await app.register(websocket, {
    options: { maxPayload: limits.execMessageBytes, perMessageDeflate: false },
  });
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(refuse);
  app.addHook("onRequest", async (request, reply) => refuseMethod(request, reply));
  app.setNotFoundHandler((request, reply) => refuse(noSuchRoute(request), request, reply));
  for (const [name, route] of Object.entries(routes)) {
    const handler = handlers[name as keyof Handlers] as AnyHandler;
    const prepare = () => becomeCurrent(name as RouteName, confirm);
    mountRoute(app, route, handler, { identify, stopping: stopping.signal, prepare, places });
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

function noSuchRoute({ method, url }: FastifyRequest): ConstellationError {
  return new ConstellationError("not-found", `${method} ${url}: no such route; see /v1/openapi.json`);
}

function createRefuse(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = errorAnswer(error);
    if (status >= 500 && body.error.code !== "busy")
      log.error({ err: error, method: request.method, path: request.url }, "a request failed");
    return reply.code(status).send(body);
  };
}
