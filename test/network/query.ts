/** One DNS question a name: `query.ts SERVER TYPE NAME...`; prints `CODE ADDRESSES...` by name, as JSON. RFC 1035, 4.1. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const types: Readonly<Record<string, number>> = { A: 1, AAAA: 28 };
const codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const [server = "", type = "A", ...names] = process.argv.slice(2);
const answers: Record<string, string> = {};
for (const name of names) answers[name] = await ask(name);
process.stdout.write(JSON.stringify(answers));

async function ask(name: string): Promise<string> {
  const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const question = Buffer.concat([...labels, Buffer.from([0, 0, types[type] ?? 0, 0, 1])]);
  const socket = createSocket("udp4");
  try {
    socket.connect(53, server);
    await once(socket, "connect");
    socket.send(Buffer.concat([Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), question]));
    const [message] = (await once(socket, "message", { signal: AbortSignal.timeout(2_000) })) as [Buffer];
    return [codes[message.readUInt8(3) & 15], ...addressesIn(message, 12 + question.length)].join(" ");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.close();
  }
}

/** Every answer repeats the name as a pointer of two bytes: type, class, TTL, length and data follow. */
function addressesIn(message: Buffer, start: number): string[] {
  const count = message.readUInt16BE(6);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * 16;
    return `${[...message.subarray(at + 12, at + 16)].join(".")}/${message.readUInt32BE(at + 6)}s`;
  }).sort();
}
