// The web tier of the quickstart: counts visits in Redis and says which replica answered. Node's own modules only.
import { createServer } from "node:http";
import { connect } from "node:net";

const { CONSTELLATION_INSTANCE: instance = "nobody", CONSTELLATION_ADDRESS: address = "nowhere" } =
  process.env;

/** One INCR in Redis' protocol; a connection a visit keeps the example short. */
function countVisit() {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "redis", port: 6379 });
    socket.setTimeout(2_000, () => socket.destroy(new Error("redis took too long")));
    socket.once("data", (reply) => {
      socket.end();
      resolve(Number(reply.toString().slice(1)));
    });
    socket.once("error", reject);
    socket.write("INCR visits\r\n");
  });
}

const server = createServer(async (request, response) => {
  if (request.url === "/healthz") return response.end("ok\n");
  try {
    response.end(`visit ${await countVisit()}, answered by ${instance} at ${address}\n`);
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
});
server.listen(3000);
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
