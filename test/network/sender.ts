/** Sends a datagram every 20 ms from one port: `sender.ts ADDRESS PORT`; prints each answer as a line. */
import { createSocket } from "node:dgram";

const [address = "", port = "0"] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.on("message", (answer) => process.stdout.write(String(answer)));
socket.on("error", () => undefined); // Refused in between: the next datagram shows more.
socket.bind(() => setInterval(() => socket.send("x", Number(port), address), 20));
