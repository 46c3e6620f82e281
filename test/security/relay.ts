/** Lets programs that know TCP alone speak to the agent: `relay.ts SOCKET`; prints the port on loopback. Passes bytes on as they are. */
import { connect, createServer } from "node:net";

const server = createServer((client) => {
  const agent = connect(process.argv[2] ?? "");
  client.on("error", () => agent.destroy()).on("close", () => agent.destroy());
  agent.on("error", () => client.destroy()).on("close", () => client.destroy());
  client.pipe(agent).pipe(client);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
