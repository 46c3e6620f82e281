/** Asks a server: `client.ts tcp|udp ADDRESS PORT TIMES`; prints each answer, or the error's code, or `silence`, as a JSON array. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

const [protocol, host = "", port = "0", times = "1"] = process.argv.slice(2);
const limitMs = 3_000;
const answers: string[] = [];
for (let time = 0; time < Number(times); time++) {
  const ask = protocol === "tcp" ? askTcp : askUdp;
  answers.push(await ask().catch(({ code }) => (code === "ABORT_ERR" ? "silence" : code)));
}
process.stdout.write(JSON.stringify(answers));

async function askTcp(): Promise<string> {
  const socket = connect({ host, port: Number(port) });
  try {
    const [data] = await once(socket, "data", { signal: AbortSignal.timeout(limitMs) });
    return String(data).trim();
  } finally {
    socket.destroy();
  }
}

async function askUdp(): Promise<string> {
  const socket = createSocket("udp4");
  try {
    socket.connect(Number(port), host);
    await once(socket, "connect");
    socket.send("x");
    const [data] = await once(socket, "message", { signal: AbortSignal.timeout(limitMs) });
    return String(data).trim();
  } finally {
    socket.close();
  }
}
