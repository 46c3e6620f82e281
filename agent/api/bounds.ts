import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from "fastify";
import { ConstellationError, limits } from "../../contract/index.ts";
import { errorAnswer } from "./errors.ts";
import { createPlaces } from "./places.ts";

/** Between two looks for connections that take too long. */
const lookMs = 2_000;
/** Connections above the limit that still hear why they are refused; further ones are closed at once. */
const refusedAtOnce = 64;

/** What the server of node:http keeps to by itself. */
export const httpBounds = {
  bodyLimit: limits.bodyBytes,
  requestTimeout: limits.uploadTimeoutMs,
  http: {
    headersTimeout: limits.headTimeoutMs,
    maxHeaderSize: limits.headBytes,
    connectionsCheckingInterval: lookMs,
  },
  clientErrorHandler: refuseConnection,
} satisfies FastifyServerOptions<HttpServer> & { http: object };

/** Refuses more connections and bodies at once than the limits allow, and bodies that take too long to come. */
export function keepBounds(app: FastifyInstance): void {
  const isFull = countConnections(app.server);
  app.addHook("onRequest", async (_request, reply) => {
    if (!isFull()) return;
    reply.header("connection", "close");
    const reason = `${limits.connections} connections are open, no more are allowed`;
    throw new ConstellationError("busy", `read the request: ${reason}; close some, or try again`);
  });
  const takePlace = createPlaces(limits.bodiesAtOnce, "read the request's body");
  app.addHook("preParsing", async (request, reply) => {
    if (hasBody(request)) receiveInTime(request, reply, takePlace());
  });
}

function countConnections(server: HttpServer): () => boolean {
  let open = 0;
  server.maxConnections = limits.connections + refusedAtOnce;
  server.on("connection", (socket: Socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
  });
  return () => open > limits.connections;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function receiveInTime(request: FastifyRequest, reply: FastifyReply, release: () => void): void {
  const { raw } = request;
  const isUpload = request.headers["content-type"] === "application/octet-stream";
  const refuse = () => refuseSlow(request, reply);
  const timer = isUpload ? undefined : setTimeout(refuse, limits.bodyTimeoutMs);
  if (isUpload) raw.setTimeout(limits.uploadSilenceMs, refuse);
  const end = () => {
    clearTimeout(timer);
    if (isUpload) raw.setTimeout(0);
    release();
  };
  raw.once("end", end).once("close", end);
}

/** Answers, then closes the connection: what still comes is of no use. */
function refuseSlow(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once("finish", () => request.raw.destroy());
  if (reply.sent) return;
  const { status, body } = errorAnswer(
    new ConstellationError("timeout", "read the request's body: it did not come in time; send it at once"),
  );
  reply.header("connection", "close").code(status).send(body);
}

/** What is no request, or none in time, has no reply object yet: the answer is written as it is. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const refusal = refusalOf(error);
  const { status, body } = errorAnswer(refusal);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${refusal.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(text)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

function refusalOf({ code }: NodeJS.ErrnoException): ConstellationError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new ConstellationError("timeout", "read the request: it did not come in time; send it at once");
  if (code === "HPE_HEADER_OVERFLOW")
    return new ConstellationError(
      "too-large",
      `read the request: its head is over ${limits.headBytes} bytes`,
    );
  return new ConstellationError("invalid", "read the request: it is no HTTP/1.1");
}
