import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { ConstellationError, errorTable, ports } from "../../contract/index.ts";
import { type Credentials, judge } from "../identity/index.ts";
import { createRarely } from "../lib/rarely.ts";
import { protocols } from "./dial.ts";
import { answerError } from "./errors.ts";
import { linkLimits } from "./limits.ts";
import type { Call, Peer, Route, Routes } from "./types.ts";

export interface ListenerOptions {
  /** IPv4. */
  readonly address: string;
  readonly credentials: Credentials;
  readonly routes: Routes;
  /** Why a host with a good certificate is refused all the same; undefined: it is welcome. Asked at every request. */
  readonly refusalOf: (peer: Peer) => string | undefined;
  /** A host that lets itself be asked. */
  readonly onServing: (peer: Peer, session: ClientHttp2Session) => void;
  readonly log: Logger;
}

export interface Listener {
  /** For connections from now on. */
  renew(credentials: Credentials): void;
  /** Ends the connections of hosts that are refused by now. */
  review(): void;
  close(): Promise<void>;
}

/** Listens on the servers' port. Rejects with `taken` where it cannot. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { address, log } = options;
  const ending = new AbortController();
  const sockets = new Map<TLSSocket, Known>();
  const isNews = createRarely(linkLimits.refusalMs, linkLimits.refusalsKept);
  let strangers = 0;
  const server = createServer({
    ...context(options.credentials),
    ALPNProtocols: Object.values(protocols),
    requestCert: true,
    // Judged by `peerOf`: who comes to join has none yet.
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    handshakeTimeout: linkLimits.dialMs,
  });
  server.maxConnections = linkLimits.connections;
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("secureConnection", (socket) => {
    const peer = peerOf(socket, options.credentials.authority);
    if ("stranger" in peer && strangers >= linkLimits.strangers) return socket.destroy();
    sockets.set(socket, peer);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    if ("stranger" in peer) {
      strangers += 1;
      const late = setTimeout(() => socket.destroy(), linkLimits.strangerMs);
      socket.once("close", () => {
        clearTimeout(late);
        strangers -= 1;
      });
    }
    socket.setNoDelay(true);
    if (socket.alpnProtocol === protocols.ask)
      return answer(socket, peer, { ...options, isNews }, ending.signal);
    if (socket.alpnProtocol !== protocols.serve || "stranger" in peer) return socket.destroy();
    if (peer.notAfter < new Date() || options.refusalOf(peer) !== undefined) return socket.destroy();
    const session = connect(`https://${peer.host}`, { createConnection: () => socket });
    session.on("error", () => socket.destroy());
    options.onServing(peer, session);
  });
  server.listen(ports.servers, address);
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
    throw new ConstellationError("taken", `listen on ${address}:${ports.servers}: ${reason}`, { cause });
  });
  server.on("error", (error) => log.warn({ err: error }, "a connection could not be taken"));
  return {
    renew: (credentials) => server.setSecureContext(context(credentials)),
    review() {
      const end = () => {
        for (const [socket, peer] of sockets)
          if (!("stranger" in peer) && options.refusalOf(peer) !== undefined) socket.destroy();
      };
      // One that leaves by itself is told that it has left.
      setTimeout(end, linkLimits.farewellMs).unref();
    },
    async close() {
      ending.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.keys()) socket.destroy();
      await closed;
    },
  };
}

/** With the CA behind the server's own: who joins knows nothing but its fingerprint. */
function context({ authority, certificate, key }: Credentials) {
  return { cert: `${certificate}\n${authority}`, key, ca: authority };
}

type Known = Peer | { readonly stranger: string };

function peerOf(socket: TLSSocket, authority: string): Known {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { stranger: "it shows no certificate; join first" };
  const judged = judge(certificate.raw, authority, new Date());
  return "refusal" in judged ? { stranger: `its certificate is not good: ${judged.refusal}` } : judged;
}

interface Answering extends ListenerOptions {
  /** Whoever is refused may come a thousand times a second: the log hears of it now and then. */
  readonly isNews: (key: string) => boolean;
}

function answer(socket: TLSSocket, peer: Known, options: Answering, ending: AbortSignal): void {
  const session = performServerHandshake(socket, {
    settings: { maxConcurrentStreams: linkLimits.streams },
  });
  session.on("error", () => socket.destroy());
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const gone = new AbortController();
    stream.once("close", () => gone.abort());
    stream.on("error", () => undefined); // Its close follows.
    const signal = AbortSignal.any([gone.signal, ending]);
    serve({ stream, headers, address, signal, rest: "" }, peer, options).catch((error: unknown) => {
      if (signal.aborted) return stream.close();
      const isOurs = error instanceof ConstellationError && errorTable[error.code].http < 500;
      if (!isOurs) options.log.warn({ err: error, path: headers[":path"] }, "a host's request failed");
      answerError(stream, error);
    });
  });
}

async function serve(call: Call, peer: Known, { routes, refusalOf, isNews, log }: Answering): Promise<void> {
  const { stream, headers, address } = call;
  const path = headers[":path"] ?? "";
  const found = Object.entries(routes).find(([at]) => (at.endsWith("/") ? path.startsWith(at) : path === at));
  if (found === undefined) throw new ConstellationError("not-found", `${path}: no such route`);
  const [at, route] = found;
  const handle = handlerOf(route, peer, refusalOf);
  if ("refusal" in handle) {
    const host = "stranger" in peer ? undefined : peer.host;
    if (isNews(`${address} ${host}`))
      log.warn({ address, path, host, reason: handle.refusal }, "refused a machine");
    throw new ConstellationError("forbidden", `ask for ${path}: ${handle.refusal}`);
  }
  const result = await handle.run({ ...call, rest: path.slice(at.length) });
  if (stream.destroyed || (result === undefined && stream.headersSent)) return;
  if (result === undefined) stream.respond({ ":status": 204 }, { endStream: true });
  else {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(JSON.stringify(result));
  }
}

function handlerOf(
  route: Route,
  peer: Known,
  refusalOf: ListenerOptions["refusalOf"],
): { readonly run: (call: Call) => Promise<object | undefined> } | { readonly refusal: string } {
  if ("strangers" in route) return { run: route.strangers };
  if ("stranger" in peer) return { refusal: peer.stranger };
  const ended = `its certificate ended on ${peer.notAfter.toISOString()}`;
  if (peer.notAfter < new Date() && !route.expired) return { refusal: ended };
  const refusal = refusalOf(peer);
  return refusal === undefined ? { run: (call) => route.hosts(call, peer) } : { refusal };
}
