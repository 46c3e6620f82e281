import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  performServerHandshake,
  type ServerHttp2Session,
} from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { ConstellationError } from "../../contract/index.ts";
import { type Credentials, fingerprintOf, judge } from "../identity/index.ts";
import { placeOf } from "./address.ts";
import { linkLimits } from "./limits.ts";

/** What is spoken within TLS: `serve`: the host answers, the server asks. */
export const protocols = { ask: "h2", serve: "constellation-serve" } as const;

/** How the other end is known to be a server of the cluster. */
export type Trust =
  | { readonly credentials: Credentials }
  /** SHA-256 of the CA's certificate, from a token. */
  | { readonly fingerprint: string };

export interface Dialled {
  readonly session: ClientHttp2Session;
  /** This machine's end of the connection. */
  readonly localAddress: string;
  /** The cluster's CA as PEM. */
  readonly authority: string;
  close(): void;
}

/** Connects to a server; the host asks. Throws `unreachable`, or `forbidden` where it is none of the cluster's. */
export async function dial(address: string, trust: Trust, signal: AbortSignal): Promise<Dialled> {
  const { socket, authority } = await connectTo(address, trust, protocols.ask, signal);
  const session = connect(`https://${address}`, { createConnection: () => socket });
  session.on("error", () => undefined); // Its end says the same.
  return {
    ...{ session, authority, localAddress: socket.localAddress ?? "" },
    close: () => {
      session.destroy();
      socket.destroy();
    },
  };
}

/** Connects to a server, which asks then. */
export async function dialServing(
  address: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<ServerHttp2Session> {
  const { socket } = await connectTo(address, { credentials }, protocols.serve, signal);
  const session = performServerHandshake(socket, {
    settings: { maxConcurrentStreams: linkLimits.streams },
  });
  session.on("error", () => socket.destroy());
  session.on("close", () => socket.destroy());
  return session;
}

async function connectTo(address: string, trust: Trust, protocol: string, signal: AbortSignal) {
  const late = AbortSignal.timeout(linkLimits.dialMs);
  const socket = connectTls({ ...placeOf(address), ...secured(trust), ALPNProtocols: [protocol] });
  const unheard = unheardOf(socket);
  socket.on("error", () => undefined); // The wait below hears of the first one; later ones end the session.
  try {
    socket.setNoDelay(true);
    await once(socket, "connect", { signal: AbortSignal.any([signal, unheard]) });
    await once(socket, "secureConnect", { signal: AbortSignal.any([signal, late]) });
    return { socket, authority: requireServer(socket, trust) };
  } catch (cause) {
    socket.destroy();
    if (cause instanceof ConstellationError)
      throw new ConstellationError(cause.code, `connect to ${address}: ${cause.message}`, { cause });
    const silentMs = late.aborted ? linkLimits.dialMs : linkLimits.reachMs;
    const isSilent = (cause as Error).name === "AbortError" && !signal.aborted;
    const reason = isSilent ? `no answer within ${silentMs} ms` : (cause as Error).message;
    throw new ConstellationError("unreachable", `connect to ${address}: ${reason}`, { cause });
  }
}

/**
 * Aborts where the other machine has said nothing for long. After a time in which this process did not run, its word may be there
 * and not be read yet: the loop reads what has come before it judges.
 */
function unheardOf(socket: TLSSocket): AbortSignal {
  const unheard = new AbortController();
  const judge = () => socket.connecting && unheard.abort();
  setTimeout(() => setImmediate(judge), linkLimits.reachMs).unref();
  return unheard.signal;
}

function secured(trust: Trust): ConnectionOptions {
  // Who it is, is judged below: a server is known by its place in the cluster, not by a name in the world's DNS.
  const common = { minVersion: "TLSv1.3", rejectUnauthorized: false } as const;
  if ("fingerprint" in trust) return common;
  const { authority, certificate, key } = trust.credentials;
  return { ...common, ca: authority, cert: certificate, key };
}

/** The CA's certificate that stands behind the other end. */
function requireServer(socket: TLSSocket, trust: Trust): string {
  const refuse = (reason: string) =>
    new ConstellationError("forbidden", `it is no server of this cluster: ${reason}`);
  const own = socket.getPeerX509Certificate();
  if (own === undefined) throw refuse("it shows no certificate");
  const authority = "credentials" in trust ? trust.credentials.authority : own.issuerCertificate?.toString();
  if (authority === undefined) throw refuse("it does not show its CA");
  if ("fingerprint" in trust && fingerprintOf(authority) !== trust.fingerprint)
    throw refuse("its CA is another one than the token names");
  const judged = judge(own.raw, authority, new Date());
  if ("refusal" in judged) throw refuse(judged.refusal);
  if (judged.isExpired)
    throw refuse(`its certificate ended on ${judged.notAfter.toISOString()}; compare the clocks`);
  if (!judged.isServer) throw refuse(`${judged.host} is a host alone`);
  return authority;
}
