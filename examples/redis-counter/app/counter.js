// Counts visits in Redis and says which instance answered. Node's own modules only.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";

const { GREETING: greeting, CONSTELLATION_INSTANCE: instance } = process.env;
const password = readFileSync("/run/secrets/password", "utf8");

/** Sends commands in Redis' protocol and gives its lines; a connection a call keeps the example short. */
function ask(...commands) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "redis", port: 6379 });
    let text = "";
    socket.setTimeout(2_000, () => socket.destroy(new Error("redis took too long")));
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\r\n").slice(0, -1);
      const refusal = lines.find((line) => line.startsWith("-"));
      if (refusal) return socket.destroy(new Error(refusal.slice(1)));
      if (lines.length === commands.length) socket.end(() => resolve(lines));
    });
    socket.write(commands.map((command) => `${command}\r\n`).join(""));
  });
}

const pages = {
  "/alive": async () => "alive",
  "/ready": async () => (await ask(`AUTH ${password}`, "PING")).at(-1),
  "/": async () => {
    const [, count] = await ask(`AUTH ${password}`, "INCR visits");
    return `${greeting}: visit ${count.slice(1)}, answered by ${instance}`;
  },
};

const server = createServer(async (request, response) => {
  const page = pages[request.url];
  if (!page) return response.writeHead(404).end("not found\n");
  try {
    response.end(`${await page()}\n`);
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
});
server.listen(3000);
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
