import type { Socket } from "node:net";
import { Duplex, Readable } from "node:stream";
import { WebSocket } from "ws";
import { ConstellationError, type ErrorCode, errorTable } from "../errors.ts";
import { type Address, nameOf, open } from "./address.ts";
import { decodeFrame, decodeResult, encodeControl, encodeFrame } from "./exec-frames.ts";
import { answeredError, unanswered } from "./failures.ts";

/** Output that nobody reads holds the command up once this much waits, in bytes a stream. */
const outputBuffered = 1024 * 1024;
const frameBytes = 64 * 1024;
const refusalBytes = 64 * 1024;

export interface ExecStream {
  /** Write: standard input (end it to send end-of-file). Writes after the command's end are dropped. */
  readonly stdin: Duplex;
  /** Read both: output that waits unread holds the command up. With a terminal everything is here. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  resize(columns: number, rows: number): void;
  /** The command's exit code; rejects when the session ends without one. */
  readonly exit: Promise<number>;
  close(): void;
}

export interface ExecTarget {
  readonly address: Address;
  /** With its query. */
  readonly path: string;
  readonly timeoutMs: number;
}

/** Opens the session; rejects with node's error when nobody listens, with the agent's when it refuses. */
export async function openExec({ address, path, timeoutMs }: ExecTarget): Promise<ExecStream> {
  const connection = await open(address);
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://localhost${path}`, {
      // What ws does with it that a plain stream has not, it asks for first.
      createConnection: () => connection as Socket,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
    });
    // The stream listens from the start: the first output may come with the handshake's answer.
    const stream = streamOver(webSocket, address);
    webSocket.once("open", () => resolve(stream));
    webSocket.once("error", reject);
    webSocket.once("unexpected-response", (request, response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= refusalBytes) chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        reject(answeredError("exec", response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8")));
        request.destroy();
      });
    });
  });
}

function streamOver(webSocket: WebSocket, address: Address): ExecStream {
  const stdout = output(webSocket);
  const stderr = output(webSocket);
  const { promise: exit, resolve: finish, reject: fail } = Promise.withResolvers<number>();
  // Whoever does not wait for the exit code has no use for its absence either.
  exit.catch(() => undefined);

  webSocket.on("message", (message: Buffer, isBinary: boolean) => {
    if (isBinary) {
      const frame = decodeFrame(message);
      const target = frame?.channel === "stdout" ? stdout : frame?.channel === "stderr" ? stderr : undefined;
      if (target && frame && !target.push(frame.bytes)) webSocket.pause();
      return;
    }
    const result = decodeResult(message.toString("utf8"));
    if (result === undefined) return;
    if ("exit" in result) finish(result.exit.code);
    else fail(new ConstellationError(codeOf(result.error.code), result.error.message));
  });
  webSocket.on("error", (error) => fail(unanswered("exec", address, error)));
  webSocket.on("close", () => {
    fail(
      new ConstellationError(
        "unreachable",
        `exec: ${nameOf(address)}: the session ended without an exit code; see whether the instance still runs`,
      ),
    );
    stdout.push(null);
    stderr.push(null);
  });
  return {
    stdin: input(webSocket),
    stdout,
    stderr,
    exit,
    resize: (columns, rows) => send(webSocket, encodeControl({ resize: { columns, rows } })),
    close: () => webSocket.close(),
  };
}

function codeOf(code: string): ErrorCode {
  return code in errorTable ? (code as ErrorCode) : "bug";
}

function output(webSocket: WebSocket): Readable {
  return new Readable({
    highWaterMark: outputBuffered,
    read: () => {
      if (webSocket.isPaused) webSocket.resume();
    },
  });
}

function input(webSocket: WebSocket): Duplex {
  const duplex = new Duplex({
    read() {
      this.push(null);
    },
    write(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length; at += frameBytes) {
        const last = at + frameBytes >= chunk.length;
        send(
          webSocket,
          encodeFrame("stdin", chunk.subarray(at, at + frameBytes)),
          last ? () => done() : undefined,
        );
      }
      if (chunk.length === 0) done();
    },
    final(done) {
      send(webSocket, encodeControl({ stdin: "eof" }), () => done());
    },
  });
  return duplex;
}

/** What is sent after the end is dropped: the command no longer reads. */
function send(webSocket: WebSocket, message: string | Buffer, done: () => void = () => undefined): void {
  if (webSocket.readyState === WebSocket.OPEN) webSocket.send(message, done);
  else done();
}
