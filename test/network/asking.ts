import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

const limitMs = 3_000;

/** What a server says to a new connection or datagram, the error's code, or `silence`. */
export async function askOnce(protocol: string, host: string, port: number): Promise<string> {
  const asked = protocol === "tcp" ? askTcp(host, port) : askUdp(host, port);
  return await asked.catch(({ code }) => (code === "ABORT_ERR" ? "silence" : code));
}

async function askTcp(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  try {
    const [data] = await once(socket, "data", { signal: AbortSignal.timeout(limitMs) });
    return String(data).trim();
  } finally {
    socket.destroy();
  }
}

async function askUdp(host: string, port: number): Promise<string> {
  const socket = createSocket("udp4");
  try {
    socket.connect(port, host);
    await once(socket, "connect");
    socket.send("x");
    const [data] = await once(socket, "message", { signal: AbortSignal.timeout(limitMs) });
    return String(data).trim();
  } finally {
    socket.close();
  }
}
