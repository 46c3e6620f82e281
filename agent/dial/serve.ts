import { existsSync } from "node:fs";
import { constants, createServer, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { absentCode, limits } from "../../contract/index.ts";
import { failureHeader, tunnelGreeting, tunnelWindows } from "../../contract/tunnel/index.ts";

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_STATUS, HTTP2_METHOD_CONNECT, NGHTTP2_CANCEL } = constants;

/** Joins each connection that comes over `line` to the agent's socket; resolves once the other end is gone. */
export async function serveDial(line: Duplex, socket: string): Promise<void> {
  const server = createServer({
    settings: {
      initialWindowSize: tunnelWindows.stream,
      maxConcurrentStreams: limits.connections,
    },
  });
  server.on("session", (session) => session.setLocalWindowSize(tunnelWindows.session));
  server.on("stream", (stream, headers) => {
    if (headers[HTTP2_HEADER_METHOD] === HTTP2_METHOD_CONNECT) join(stream, socket);
    else stream.respond({ [HTTP2_HEADER_STATUS]: 405 }, { endStream: true });
  });
  const ended = new Promise<void>((resolve) => line.once("close", resolve).once("end", resolve));
  // Else HTTP/2 may still write to a line that it has shut down, and end the program: Node takes that for a bug of its own.
  line.once("end", () => line.destroy());
  line.on("error", () => line.destroy()); // whoever dialled went away: nothing is left to do
  line.write(tunnelGreeting);
  server.emit("connection", line);
  await ended;
}

function join(stream: ServerHttp2Stream, path: string): void {
  const upstream = connect({ path, allowHalfOpen: true });
  upstream.once("connect", () => {
    if (stream.destroyed) return void upstream.destroy();
    stream.respond({ [HTTP2_HEADER_STATUS]: 200 });
    upstream.pipe(stream);
    stream.pipe(upstream);
  });
  upstream.on("error", (error: NodeJS.ErrnoException) => {
    if (stream.destroyed) return;
    if (stream.headersSent) stream.close(NGHTTP2_CANCEL);
    else
      stream.respond(
        { [HTTP2_HEADER_STATUS]: 502, [failureHeader]: codeOf(error, path) },
        { endStream: true },
      );
  });
  stream.on("error", () => upstream.destroy());
  stream.on("close", () => upstream.destroy());
}

function codeOf({ code = "EIO" }: NodeJS.ErrnoException, path: string): string {
  return code === "ENOENT" && !existsSync(dirname(path)) ? absentCode : code;
}
