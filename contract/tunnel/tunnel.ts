import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { Duplex } from "node:stream";
import type { Dial } from "../api/address.ts";
import { ConstellationError } from "../errors.ts";

/**
 * How `constellation-agent dial` carries many connections over its standard input and output: after a first line that
 * tells it from what a login's scripts print, HTTP/2, where each CONNECT (RFC 9113, section 8.5) is one connection to
 * the agent's socket. An answer other than 200 names in `failureHeader` why there is none, as connect(2) does.
 */
export const tunnelGreeting = "constellation-dial 1\n";
export const failureHeader = "x-failure";
/** How much may be on the way to somebody who does not read yet, bytes: one connection's, and all of them. */
export const tunnelWindows = { stream: 4 * 1024 ** 2, session: 16 * 1024 ** 2 };

/** What a login may print before the greeting, bytes. */
const chatterBytes = 64 * 1024;

export interface Tunnel {
  readonly dial: Dial;
  /** Settles once no connection can be opened any more. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * Opens the client's half over the streams of a running `constellation-agent dial`. Rejects with `timeout` where it
 * does not greet within `timeoutMs`, with `unreachable` where it ends first; `line` is destroyed then.
 * @param name of the other end, for messages.
 */
export async function openTunnel(line: Duplex, name: string, timeoutMs: number): Promise<Tunnel> {
  await greeted(line, name, timeoutMs);
  const session = connect("http://agent", {
    createConnection: () => line,
    settings: { initialWindowSize: tunnelWindows.stream },
  });
  session.on("connect", () => session.setLocalWindowSize(tunnelWindows.session));
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  session.on("close", resolve);
  // Each connection tells its own end; a session's error says nothing more.
  session.on("error", () => resolve());
  return {
    dial: () => connection(session, name),
    closed,
    close() {
      session.destroy();
      line.destroy(); // a session leaves a line that is no socket open
    },
  };
}

async function greeted(line: Duplex, name: string, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => line.destroy(timedOut(name, timeoutMs)), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      let heard = Buffer.alloc(0);
      const done = (settle: () => void) => {
        line.off("data", listen).off("error", fail).off("close", end).off("end", end);
        line.pause();
        settle();
      };
      const fail = (error: Error) => done(() => reject(error));
      const end = () => fail(new ConstellationError("unreachable", `dial ${name}: it ended before it began`));
      const listen = (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        const at = heard.indexOf(tunnelGreeting);
        if (at >= 0) {
          const rest = heard.subarray(at + tunnelGreeting.length);
          done(resolve);
          if (rest.length > 0) line.unshift(rest);
        } else if (heard.length > chatterBytes) fail(noGreeting(name));
      };
      line.on("data", listen).on("error", fail).on("close", end).on("end", end);
    });
  } catch (error) {
    line.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function connection(session: ClientHttp2Session, name: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const lost = () => new ConstellationError("unreachable", `dial ${name}: the connection is lost`);
    if (session.closed || session.destroyed) return reject(lost());
    const { HTTP2_HEADER_METHOD, HTTP2_HEADER_AUTHORITY, HTTP2_METHOD_CONNECT } = constants;
    const stream: ClientHttp2Stream = session.request(
      { [HTTP2_HEADER_METHOD]: HTTP2_METHOD_CONNECT, [HTTP2_HEADER_AUTHORITY]: "agent" },
      { endStream: false },
    );
    const close = () => reject(lost());
    stream.once("close", close);
    stream.once("error", (error: Error) => reject(error));
    stream.once("response", (headers) => {
      stream.off("close", close);
      if (headers[":status"] === 200) return resolve(new Connection(stream));
      stream.close();
      const code = String(headers[failureHeader]);
      reject(Object.assign(new Error(`connect ${code}`), { code }));
    });
  });
}

/** A stream of HTTP/2 with the manners of a socket: it ends and breaks with the codes that node:http knows. */
class Connection extends Duplex {
  private readonly stream: ClientHttp2Stream;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;
  timeout = 0;

  constructor(stream: ClientHttp2Stream) {
    super({ allowHalfOpen: false });
    this.stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.stir();
      if (!this.push(chunk)) stream.pause();
    });
    stream.on("end", () => {
      this.ended = true;
      this.push(null);
    });
    stream.on("error", () => this.destroy(reset()));
    stream.on("close", () => {
      if (!this.ended) this.destroy(reset());
    });
  }

  override _read(): void {
    this.stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.stir();
    if (this.stream.destroyed) done(reset());
    else this.stream.write(chunk, done);
  }

  override _final(done: () => void): void {
    if (this.stream.destroyed) done();
    else this.stream.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.timer);
    this.stream.destroy();
    done(error);
  }

  /** As net.Socket's: `timeout` after so long without a byte in either direction; 0 is never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms;
    if (listener) this.once("timeout", listener);
    this.stir();
    return this;
  }

  private stir(): void {
    clearTimeout(this.timer);
    if (this.timeout > 0 && !this.destroyed)
      this.timer = setTimeout(() => this.emit("timeout"), this.timeout).unref();
  }
}

function reset(): Error {
  return Object.assign(new Error("connection reset"), { code: "ECONNRESET" });
}

function timedOut(name: string, timeoutMs: number): ConstellationError {
  return new ConstellationError("timeout", `dial ${name}: no answer within ${timeoutMs} ms`);
}

function noGreeting(name: string): ConstellationError {
  return new ConstellationError("unreachable", `dial ${name}: what answers there is no constellation-agent`);
}
