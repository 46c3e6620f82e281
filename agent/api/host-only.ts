import { chmodSync, rmSync } from "node:fs";
import fastify from "fastify";
import { ConstellationError, type Info, routes } from "../../contract/index.ts";
import { errorAnswer } from "./errors.ts";
import type { Server } from "./server.ts";

/** The socket of a host that is no server: it says who it is, and where to ask for the rest. */
export async function serveHost(
  socket: string,
  info: () => Info,
  servers: () => readonly string[],
): Promise<Server> {
  const app = fastify({ forceCloseConnections: true });
  app.get(routes.info.path, () => info());
  app.setNotFoundHandler((_request, reply) => {
    const where = servers().join(", ");
    const reason = `ask the agent: this machine is a host of the cluster, and its servers answer (${where})`;
    const { status, body } = errorAnswer(new ConstellationError("invalid", `${reason}; ask there`));
    return reply.code(status).send(body);
  });
  rmSync(socket, { force: true });
  await app.listen({ path: socket });
  chmodSync(socket, 0o660);
  return { close: async () => await app.close() };
}
