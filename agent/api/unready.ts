import { chmodSync, rmSync } from "node:fs";
import fastify from "fastify";
import type { ConstellationError } from "../../contract/index.ts";
import { errorAnswer } from "./errors.ts";
import type { Server } from "./server.ts";

/** Answers every request with why none can be answered yet: better than nobody who listens. */
export async function serveUnready(socket: string, why: () => ConstellationError): Promise<Server> {
  const app = fastify({ forceCloseConnections: true });
  app.setNotFoundHandler((_request, reply) => {
    const { status, body } = errorAnswer(why());
    return reply.code(status).send(body);
  });
  rmSync(socket, { force: true });
  await app.listen({ path: socket });
  chmodSync(socket, 0o660);
  return { close: async () => await app.close() };
}
