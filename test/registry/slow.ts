import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Run in a machine as `node slow.ts PORT TARGET BYTES`: what TARGET answers comes out at PORT at so many bytes a second.
 */
const [port = 0, target = 0, rate = 1] = process.argv.slice(2).map(Number);
const stepMs = 50;

createServer((client) => {
  const server = connect(target, "127.0.0.1");
  client.pipe(server);
  const pump = async () => {
    for await (const chunk of server) {
      const step = Math.ceil((rate * stepMs) / 1000);
      for (let at = 0; at < chunk.length; at += step) {
        client.write(chunk.subarray(at, at + step));
        await delay(stepMs);
      }
    }
    client.end();
  };
  pump().catch(() => client.destroy());
  client.on("error", () => server.destroy());
}).listen(port, "127.0.0.1");
