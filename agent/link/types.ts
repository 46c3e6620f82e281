import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";

/** Who is at the other end, by its certificate. */
export interface Peer {
  readonly host: string;
  readonly isServer: boolean;
  readonly serial: string;
  /** From then on it may ask for a new certificate, and for nothing else. */
  readonly notAfter: Date;
  /** DER (SubjectPublicKeyInfo). */
  readonly publicKey: Buffer;
}

/** One request. */
export interface Call {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** What the route's path ends with, where it ends with a slash. */
  readonly rest: string;
  /** Its end of the connection, as seen here. */
  readonly address: string;
  /** Aborted when the stream or the listener ends. */
  readonly signal: AbortSignal;
}

/** A route answers by what it returns, as JSON; undefined: it answers on the stream itself, or 204 where it did not. */
export type Route =
  /** For whoever comes. */
  | { readonly strangers: (call: Call) => Promise<object | undefined> }
  /** `expired`: also for a certificate whose time is over. */
  | { readonly hosts: (call: Call, peer: Peer) => Promise<object | undefined>; readonly expired?: true };

/** By path; one that ends with a slash stands for all below it. */
export type Routes = Readonly<Record<string, Route>>;
