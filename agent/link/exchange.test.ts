import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { answerError } from "./errors.ts";
import { openStream } from "./exchange.ts";
import { readWhole } from "./lines.ts";

let server: Http2Server;
let session: ClientHttp2Session;
beforeEach(async () => {
  server = createServer();
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined); // As every route has it.
    stream.respond({ ":status": 200 });
    if (headers[":path"] === "/cut")
      stream.write("some of it", () => sockets.forEach((socket) => void socket.destroy()));
    else if (headers[":path"] === "/failed")
      stream.write("some of it", () => answerError(stream, new Error("the rest cannot be read")));
    else stream.end("x".repeat(500));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => undefined);
});
afterEach(() => {
  session.destroy();
  server.close();
});

test("an answer is whole, also for who reads it after its stream has closed", async () => {
  const { stream, body } = await openStream(session, "/whole", AbortSignal.timeout(5_000), "");
  if (!stream.closed) await once(stream, "close");
  await delay(1);
  expect(await readWhole(body)).toHaveLength(500);
});

test.each(["/cut", "/failed"])("an answer that ends half-way (%s) is no answer", async (path) => {
  const read = async () =>
    await readWhole((await openStream(session, path, AbortSignal.timeout(5_000), "")).body);
  await expect(read()).rejects.toThrow();
});
