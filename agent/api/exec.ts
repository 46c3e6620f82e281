import type { WebSocket } from "ws";
import { decodeFrame, decodeRequest, encodeControl, encodeFrame } from "../../contract/index.ts";
import { createSerial } from "../lib/serial.ts";
import { errorAnswer } from "./errors.ts";
import type { ExecSession } from "./types.ts";

const bounds = {
  /** Output that the client has not taken yet, in bytes: then the command waits. */
  buffered: 1024 * 1024,
  drainPollMs: 10,
  frameBytes: 64 * 1024,
} as const;

/** Runs one session over its socket: frames both ways, then the exit code, then it closes. Never rejects. */
export async function runExec(socket: WebSocket, start: () => Promise<ExecSession>): Promise<void> {
  socket.on("error", () => undefined); // A broken frame or connection: its close follows and ends the command.
  // Input may come before the command runs: nothing is read until it does.
  socket.pause();
  let session: ExecSession | undefined;
  try {
    session = await start();
    const running = session;
    socket.on("close", () => running.close());
    if (socket.readyState !== socket.OPEN) running.close(); // It closed while the command began.
    listen(socket, running);
    socket.resume();
    for await (const { stream, data } of running.output) {
      for (let at = 0; at < data.length; at += bounds.frameBytes) {
        await write(socket, encodeFrame(stream, data.subarray(at, at + bounds.frameBytes)));
      }
    }
    socket.send(encodeControl({ exit: { code: await running.exit } }));
  } catch (error) {
    socket.resume();
    if (socket.readyState === socket.OPEN)
      socket.send(encodeControl({ error: errorAnswer(error).body.error }));
    session?.close();
  } finally {
    socket.close();
  }
}

function listen(socket: WebSocket, session: ExecSession): void {
  const inOrder = createSerial();
  socket.on("message", (message: Buffer, isBinary: boolean) => {
    if (isBinary) {
      const frame = decodeFrame(message);
      if (frame?.channel !== "stdin") return;
      socket.pause();
      void inOrder(() => session.write(frame.bytes))
        .catch(() => undefined) // The command no longer reads; its exit code says why.
        .finally(() => socket.resume());
      return;
    }
    const request = decodeRequest(message.toString("utf8"));
    if (request === undefined) return;
    const apply = () =>
      "resize" in request ? session.resize(request.resize.columns, request.resize.rows) : session.endInput();
    // A command that ends at this moment has no terminal and no input any more; its exit code says the rest.
    inOrder(async () => apply()).catch(() => undefined);
  });
}

/** A client that stops reading holds the command up instead of filling our memory. */
async function write(socket: WebSocket, frame: Buffer): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  socket.send(frame);
  while (socket.bufferedAmount > bounds.buffered && socket.readyState === socket.OPEN) {
    await new Promise((resolve) => setTimeout(resolve, bounds.drainPollMs));
  }
}
