/**
 * Serves on ports of the namespace it runs in: `server.ts NAME tcp:80 udp:5353 ...`. Says `NAME CLIENT_ADDRESS`, and over
 * TCP then repeats what it hears.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

const [name, ...ports] = process.argv.slice(2);
for (const text of ports) {
  const [protocol, port, host = "0.0.0.0"] = text.split(":");
  if (protocol === "tcp") {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write(`${name} ${socket.remoteAddress}\n`);
      socket.pipe(socket);
    });
    await once(server.listen(Number(port), host), "listening");
  } else {
    const socket = createSocket("udp4");
    socket.on("message", (_, from) => socket.send(`${name} ${from.address}\n`, from.port, from.address));
    socket.bind(Number(port), host);
    await once(socket, "listening");
  }
}
process.stdout.write("up\n");
